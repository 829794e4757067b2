import { Keyv } from 'keyv';
import { describe, expect, test } from 'vitest';
import { createRig, HOUR_MS, replyTo, type Rig, settle, stateOf } from './rig.ts';

/** A store adapter of the test's making. */
function adapter(more: Partial<Record<'get' | 'set' | 'delete', (...args: never[]) => unknown>>) {
  const map = new Map<string, unknown>();
  const counts = { get: 0, set: 0, delete: 0 };
  const own = {
    get: (key: string) => map.get(key),
    set: (key: string, value: unknown) => void map.set(key, value),
    delete: (key: string) => map.delete(key),
    ...more,
  };
  const counted = (name: 'get' | 'set' | 'delete') => {
    return (...args: unknown[]) => {
      counts[name]++;
      return (own[name] as (...args: unknown[]) => unknown)(...args);
    };
  };
  return {
    map,
    counts,
    own,
    store: { opts: {}, get: counted('get'), set: counted('set'), delete: counted('delete'), clear: () => map.clear() },
  };
}

const never = (): Promise<never> => new Promise(() => {});
const refuse = async (): Promise<never> => {
  throw new Error('down');
};
const explode = (): never => {
  throw new Error('boom');
};

/** Asks and lets the clock go on for as long as a store may take. */
async function readAt(rig: Rig, text = 'Hi', ms = 50): Promise<string> {
  const reading = rig.read({ text });
  await rig.clock.advance(ms);
  return (await reading).call.trace.cache;
}

describe.each<[string, () => Keyv | undefined]>([
  ['memory', () => undefined],
  ['a Keyv on a Map', () => new Keyv()],
  ['a Keyv that keeps values by reference', () => Object.assign(new Keyv(), { serialize: undefined, deserialize: undefined })],
  ['a Keyv with its own namespace', () => new Keyv({ namespace: 'mine', ttl: 1 })],
  ['a Keyv with a slow adapter', () => new Keyv({ store: adapter({ get: async () => undefined }).store, serialize: JSON.stringify })],
])('every store that works: %s', (name, open) => {
  test('keeps an answer, plain and streamed', async () => {
    const rig = createRig({ store: open() });
    rig.auto = (upstream) => replyTo(upstream, 'Hello');
    expect((await rig.read()).call.trace.cache).toBe('miss');
    await settle();
    const again = await rig.read({ stream: true });
    expect(again.text).toBe('Hello');
    expect(again.call.trace.cache).toBe(name.includes('slow') ? 'miss' : 'hit');
    expect(rig.facts.filter((fact) => fact.startsWith('failed'))).toEqual([]);
    await rig.cache.close();
    expect([rig.clock.pending, rig.clock.pendingBackground]).toEqual([0, 0]);
  });
});

describe.each<[string, ConstructorParameters<typeof Keyv>[0]]>([
  ['rejects', { store: adapter({ get: refuse, set: refuse, delete: refuse }).store }],
  ['throws at once', { store: adapter({ get: explode, set: explode, delete: explode }).store }],
  ['throws and says so', { store: adapter({ get: explode, set: explode, delete: explode }).store, throwOnErrors: true }],
  ['is frozen', { store: adapter({ get: never, set: never, delete: never }).store }],
])('a store that %s', (_how, options) => {
  test('slows one call by 50 ms, is reported once and then left alone', async () => {
    const rig = createRig({ store: new Keyv(options) });
    rig.auto = replyTo;
    expect(await readAt(rig)).toBe('miss');
    expect(await readAt(rig, 'Hi', 0)).toBe('miss');
    const many = Array.from({ length: 100 }, (_, index) => rig.read({ text: String(index) }));
    await Promise.all(many);
    expect(rig.facts).toEqual(['failed get']);
    await rig.cache.close();
    expect([rig.clock.pending, rig.clock.pendingBackground]).toEqual([0, 0]);
  });
});

describe('a store that fails', () => {
  test('is asked again after 1 s, then 2, 4 and at most 60 s, by one call at a time', async () => {
    const { store, counts } = adapter({ get: never });
    const rig = createRig({ store: new Keyv({ store }) });
    rig.auto = replyTo;
    await readAt(rig);
    const pauses: number[] = [];
    let since = rig.clock.now();
    while (pauses.length < 8) {
      const before = counts.get;
      const reads = [rig.read({ text: 'a' }), rig.read({ text: 'b' })];
      await settle();
      expect(counts.get - before).toBeLessThanOrEqual(1);
      if (counts.get > before) pauses.push(rig.clock.now() - since);
      await rig.clock.advance(counts.get > before ? 50 : 1000);
      if (counts.get > before) since = rig.clock.now();
      await Promise.all(reads);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(rig.facts.filter((fact) => fact.startsWith('failed'))).toEqual(['failed get']);
  });

  test('under many calls at once has one outage: the pause does not grow with them', async () => {
    const { store, counts } = adapter({ get: refuse });
    const rig = createRig({ store: new Keyv({ store }) });
    rig.auto = replyTo;
    await Promise.all(['a', 'b', 'c'].map((text) => rig.read({ text })));
    expect(counts.get).toBe(3);
    await rig.clock.advance(1000);
    await rig.read();
    expect(counts.get).toBe(4);
    expect(rig.facts).toEqual(['failed get']);
  });

  test('and recovers is used again, and reported again when it fails again', async () => {
    const broken = adapter({ get: refuse });
    const rig = createRig({ store: new Keyv({ store: broken.store }) });
    rig.auto = replyTo;
    await readAt(rig, 'Hi', 0);
    broken.own.get = (key) => broken.map.get(key);
    await rig.clock.advance(1000);
    await rig.read();
    await settle();
    expect((await rig.read()).call.trace.cache).toBe('hit');
    broken.own.get = refuse;
    await readAt(rig, 'other', 0);
    expect(rig.facts).toEqual(['failed get', 'stored', 'hit', 'failed get']);
  });

  test('to write still reads', async () => {
    const full = adapter({});
    const rig = createRig({ store: new Keyv({ store: full.store }) });
    rig.auto = replyTo;
    await rig.read({ text: 'kept' });
    await settle();
    full.own.set = refuse;
    await rig.read({ text: 'lost' });
    await settle();
    expect((await rig.read({ text: 'kept' })).call.trace.cache).toBe('hit');
    expect((await rig.read({ text: 'lost' })).call.trace.cache).toBe('miss');
    expect(full.counts.set).toBe(2);
    expect(rig.facts).toEqual(['stored', 'failed set', 'hit']);
  });

  test('late is not believed, and what it says later harms nobody', async () => {
    const answers: ((value: unknown) => void)[] = [];
    const { store } = adapter({ get: () => new Promise((_, reject) => answers.push(reject)) });
    const rig = createRig({ store: new Keyv({ store }) });
    rig.auto = replyTo;
    expect(await readAt(rig)).toBe('miss');
    answers[0]?.(new Error('late'));
    await settle();
    expect(rig.facts).toEqual(['failed get']);
  });

  test('in 50 ms and not before: 49 are in time', async () => {
    const answers: ((value: unknown) => void)[] = [];
    const { store } = adapter({ get: () => new Promise((resolve) => answers.push(resolve)) });
    const rig = createRig({ store: new Keyv({ store }) });
    rig.auto = replyTo;
    const reading = rig.read();
    await rig.clock.advance(49);
    answers[0]?.(undefined);
    expect((await reading).call.trace.cache).toBe('miss');
    await settle();
    expect(rig.facts).toEqual(['stored']);
  });

  test('only one equal call waits for; an abort meanwhile is heard at once', async () => {
    const { store, counts } = adapter({ get: never });
    const rig = createRig({ store: new Keyv({ store }) });
    rig.auto = replyTo;
    const controller = new AbortController();
    const aborted = rig.ask({ signal: controller.signal });
    const others = Array.from({ length: 10 }, () => rig.read());
    await settle();
    expect(counts.get).toBe(1);
    const order: string[] = [];
    aborted.answer.catch((error: unknown) => order.push(String(error)));
    controller.abort('mine');
    await new Promise<void>((resolve) => setImmediate(() => resolve(void order.push('turn'))));
    expect(order).toEqual(['mine', 'turn']);
    await rig.clock.advance(50);
    await Promise.all(others);
    expect(rig.upstreams).toHaveLength(1);
  });
});

describe("the user's Keyv", () => {
  test('stays as it was', async () => {
    const serialize = JSON.stringify;
    const keyv = new Keyv({ serialize, namespace: 'mine' });
    const before = Object.entries(keyv);
    const rig = createRig({ store: keyv });
    rig.auto = replyTo;
    await rig.read();
    await settle();
    expect(Object.entries(keyv)).toEqual(before);
    expect(keyv.throwOnErrors).toBe(false);
    expect(keyv.serialize).toBe(serialize);
  });

  test('has each key with one prefix, and entries with a ttl that covers staleness', async () => {
    const map = new Map<string, string>();
    const rig = createRig({ store: new Keyv({ store: map, namespace: 'mine' }), staleMs: HOUR_MS });
    rig.auto = replyTo;
    const from = Date.now();
    await rig.read();
    await settle();
    const [[key, stored] = ['', '']] = map;
    expect(key).toMatch(/^mine:[0-9a-f]{64}$/);
    const { expires } = JSON.parse(stored) as { expires: number };
    expect(expires).toBeGreaterThanOrEqual(from + 2 * HOUR_MS);
    expect(stored).not.toContain('key-1');
  });

  test('keeps for ever what has no end, whatever its own ttl', async () => {
    const map = new Map<string, string>();
    const rig = createRig({ store: new Keyv({ store: map, ttl: 0 }) });
    rig.auto = replyTo;
    await rig.read({ ttlMs: Infinity });
    await settle();
    const [[, stored] = ['', '']] = map;
    expect(JSON.parse(stored)).not.toHaveProperty('expires');
    await rig.clock.advance(1000 * HOUR_MS);
    expect((await rig.read()).call.trace.cache).toBe('hit');
  });

  test('is shared by clients of one namespace, and by no others', async () => {
    const store = new Keyv();
    const rigs = ['a', 'a', 'b'].map((namespace) => createRig({ store, namespace }));
    const seen = [];
    for (const rig of rigs) {
      rig.auto = replyTo;
      seen.push((await rig.read()).call.trace.cache);
      await settle();
    }
    expect(seen).toEqual(['miss', 'hit', 'miss']);
  });
});

describe('an entry that is corrupt', () => {
  const good = {
    version: 1,
    storedAt: 0,
    freshUntil: null,
    staleUntil: null,
    provider: 'p',
    model: 'm',
    whole: { choices: [{ message: {} }] },
  };
  const wrap = (value: unknown): string => JSON.stringify({ value });

  test.each<[string, string]>([
    ['no JSON', '{"value":'],
    ['no entry', wrap(7)],
    ['no JSON inside', wrap('{')],
    ['null inside', wrap('null')],
    ['of another version', wrap(JSON.stringify({ ...good, version: 2 }))],
    ['without its times', wrap(JSON.stringify({ ...good, freshUntil: 'soon' }))],
    ['without its source', wrap(JSON.stringify({ ...good, provider: 1 }))],
    ['without an answer', wrap(JSON.stringify({ ...good, whole: undefined }))],
    ['with choices that are none', wrap(JSON.stringify({ ...good, whole: { choices: [null] } }))],
    ['with a choice that says nothing', wrap(JSON.stringify({ ...good, whole: { choices: [{}] } }))],
    ['with no chunk', wrap(JSON.stringify({ ...good, whole: undefined, chunks: [] }))],
    ['with chunks that are none', wrap(JSON.stringify({ ...good, whole: undefined, chunks: [{}] }))],
  ])('%s, is a miss and is replaced', async (_how, spoilt) => {
    const map = new Map<string, string>();
    const rig = createRig({ store: new Keyv({ store: map }) });
    rig.auto = replyTo;
    await rig.read();
    await settle();
    const [key = ''] = map.keys();
    map.set(key, spoilt);
    await expect(rig.ask({ mode: 'only' }).answer).rejects.toMatchObject({ code: 'cache_miss' });
    await settle();
    expect(map.size).toBe(0);
    expect((await rig.read()).call.trace.cache).toBe('miss');
    await settle();
    expect((await rig.read()).call.trace.cache).toBe('hit');
    expect(rig.facts).toEqual(['stored', 'stored', 'hit']);
  });
});

describe('what is being written', () => {
  test('is found by the next equal call, and delays nobody', async () => {
    const { store, counts } = adapter({ set: never });
    const rig = createRig({ store: new Keyv({ store }) });
    rig.auto = replyTo;
    expect((await rig.read()).call.trace.cache).toBe('miss');
    expect((await rig.read()).call.trace.cache).toBe('hit');
    expect(counts.get).toBe(1);
  });

  test('is waited for by close, but no longer than an operation may take', async () => {
    const rig = createRig({ store: new Keyv({ store: adapter({ set: never }).store }) });
    rig.auto = replyTo;
    await rig.read();
    const closing = rig.cache.close();
    await rig.clock.advance(49);
    expect(await stateOf(closing)).toBe('pending');
    await rig.clock.advance(1);
    expect(await stateOf(closing)).toBe('resolved');
    expect(rig.facts).toEqual(['failed set']);
  });
});

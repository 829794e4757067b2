import { getEventListeners } from 'node:events';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClosedError, ConfigError, RequestError } from '../../src/errors.ts';
import { FakeClient, readAllOf, replyOf, requestOf, show, turn } from './support.ts';

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Items that tell how far they were pulled, and whether they were let go. */
function counted(many: number) {
  const seen = { pulled: 0, closed: 0 };
  function* items(): Generator<string> {
    try {
      for (let index = 0; index < many; index += 1) {
        seen.pulled += 1;
        yield `i${index}`;
      }
    } finally {
      seen.closed += 1;
    }
  }
  return { seen, items: items() };
}

describe('results', () => {
  test('come as they are ready, each with its item and index', async () => {
    const client = new FakeClient();
    const map = client.map(['a', 'b', 'c']);
    const first = map.next();
    await turn();
    client.call('b').answer();
    expect(await first).toEqual({ done: false, value: { index: 1, item: 'b', reply: replyOf('b') } });
    client.call('c').answer();
    client.call('a').answer();
    expect(await readAllOf(map)).toEqual(['2 c', '0 a']);
  });

  test('come in the order of the items when `ordered`', async () => {
    const client = new FakeClient();
    const map = client.map(['a', 'b', 'c'], { ordered: true });
    const all = readAllOf(map);
    await turn();
    for (const text of ['c', 'b', 'a']) client.call(text).answer();
    expect(await all).toEqual(['0 a', '1 b', '2 c']);
  });

  test('of items that fail are errors, and the others go on', async () => {
    const client = new FakeClient();
    const all = readAllOf(client.map(['a', 'b'], { ordered: true }));
    await turn();
    client.call('a').fail(new Error('no'));
    client.call('b').answer();
    expect(await all).toEqual(['0 !Error: no', '1 b']);
  });

  test('of requests that cannot be made are errors', async () => {
    const client = new FakeClient();
    client.reply = (text) => replyOf(text);
    const toRequest = (item: string) => {
      if (item === 'a') throw new Error('sync');
      if (item === 'b') return Promise.reject(new Error('async'));
      return requestOf(item);
    };
    expect(await readAllOf(client.map(['a', 'b', 'c'], { ordered: true }, toRequest))).toEqual([
      '0 !Error: sync',
      '1 !Error: async',
      '2 c',
    ]);
  });

  test('of streams are errors: a map answers with whole replies', async () => {
    const client = new FakeClient();
    // Untyped callers can.
    const streamed = { ...requestOf('a'), stream: true } as never;
    const { value } = await client.map(['a'], {}, () => streamed).next();
    expect(value?.error).toBeInstanceOf(RequestError);
    expect(value?.error).toMatchObject({ code: 'invalid_request' });
    expect(client.calls).toBe(0);
  });

  test.each([
    ['an array', ['a', 'b']],
    ['a set', new Set(['a', 'b'])],
    [
      'an async generator',
      (async function* () {
        yield 'a';
        yield 'b';
      })(),
    ],
  ])('come of %s', async (_, items: Iterable<string> | AsyncIterable<string>) => {
    const client = new FakeClient();
    client.reply = (text) => replyOf(text);
    expect(await readAllOf(client.map(items, { ordered: true }))).toEqual(['0 a', '1 b']);
  });

  test('of no items are none', async () => {
    expect(await readAllOf(new FakeClient().map([]))).toEqual([]);
  });

  test('are handed to readers in the order in which they asked', async () => {
    const client = new FakeClient();
    const map = client.map(['a', 'b']);
    const reads = [map.next(), map.next(), map.next()];
    await turn();
    client.call('a').answer();
    await turn();
    client.call('b').answer();
    expect((await Promise.all(reads)).map(({ value }) => show(value))).toEqual(['0 a', '1 b', 'end']);
  });
});

describe('the calls', () => {
  test('have time to wait for keys, and an end of each attempt', async () => {
    const client = new FakeClient();
    void client.map(['a']).next();
    await turn();
    expect(client.call('a').options).toMatchObject({ maxWaitMs: Infinity, timeoutMs: Infinity, attemptTimeoutMs: 600_000 });
  });

  test('take options of each item', async () => {
    const client = new FakeClient();
    void client.map(['a', 'b'], { callOptions: (item, index) => ({ tenant: item, priority: index, timeoutMs: 5000 }) }).next();
    await turn();
    expect(client.call('b').options).toMatchObject({ tenant: 'b', priority: 1, timeoutMs: 5000, attemptTimeoutMs: 5000 });
  });

  test.each([
    ['a promise', Promise.resolve({}), 'a promise'],
    ['a number', 5, '5'],
    ['null', null, 'null'],
  ])('refuse %s as options of an item', async (_, given, shown) => {
    const { value } = await new FakeClient().map(['a'], { callOptions: () => given as never }).next();
    expect(value?.error).toBeInstanceOf(ConfigError);
    expect(String(value?.error)).toContain(`'callOptions' must answer an object of options, or undefined: current value is ${shown}`);
  });

  test('refuse a signal of an item, as theirs is that of the map', async () => {
    const callOptions = () => ({ signal: AbortSignal.abort() }) as never;
    const { value } = await new FakeClient().map(['a'], { callOptions }).next();
    expect(value?.error).toBeInstanceOf(ConfigError);
    expect(String(value?.error)).toContain("'callOptions' must answer options without 'signal'");
  });

  test('are as many at once as `concurrency`, 64 by default', async () => {
    const few = new FakeClient();
    void few.map(LETTERS, { concurrency: 3 }).next();
    const many = new FakeClient();
    void many.map(counted(1000).items).next();
    await turn();
    expect([few.most, many.most]).toEqual([3, 64]);
  });

  test('do not begin before the first read', async () => {
    const client = new FakeClient();
    const { seen, items } = counted(5);
    client.map(items);
    await turn();
    expect([client.calls, seen.pulled]).toEqual([0, 0]);
  });
});

describe('an endless source is pulled as far as there is room', () => {
  test('a slow reader: twice `concurrency`', async () => {
    const client = new FakeClient();
    client.reply = (text) => replyOf(text);
    const { seen, items } = counted(Infinity);
    const map = client.map(items, { concurrency: 5 });
    await map.next();
    for (let round = 0; round < 20; round += 1) await turn();
    expect(seen.pulled).toBe(11);
    await map.return();
    expect(seen.closed).toBe(1);
  });

  test('a slow item that others wait for: four times', async () => {
    const client = new FakeClient();
    const { seen, items } = counted(Infinity);
    client.reply = (text) => (text === 'i0' ? new Promise(() => {}) : replyOf(text));
    void client.map(items, { concurrency: 5, ordered: true }).next();
    for (let round = 0; round < 50; round += 1) await turn();
    expect(seen.pulled).toBe(20);
  });
});

describe('the end by an error', () => {
  test('of the items: what was begun is yielded first', async () => {
    const client = new FakeClient();
    function* items(): Generator<string> {
      yield 'a';
      throw new Error('no more');
    }
    const map = client.map(items());
    const reads = [map.next(), map.next()];
    const outcome = Promise.allSettled(reads);
    await turn();
    client.call('a').answer();
    expect((await outcome).map((each) => (each.status === 'fulfilled' ? show(each.value.value) : String(each.reason)))).toEqual([
      '0 a',
      'Error: no more',
    ]);
    expect(await map.next()).toEqual({ done: true, value: undefined });
  });

  test('of a client that is closed: answers still come, then its error', async () => {
    const client = new FakeClient();
    const { seen, items } = counted(Infinity);
    const map = client.map(items, { concurrency: 3 });
    const first = map.next();
    await turn();
    client.call('i1').fail(new ClosedError('Cannot lease a key as the client is closed'));
    await turn();
    client.call('i2').fail(new ClosedError('Cannot lease a key as the client is closed'));
    client.call('i0').answer();
    expect(show((await first).value)).toBe('0 i0');
    await expect(map.next()).rejects.toBeInstanceOf(ClosedError);
    expect([seen.pulled, seen.closed, client.calls]).toEqual([3, 1, 3]);
  });

  test('of a client that is closed while the last items are asked for', async () => {
    const client = new FakeClient();
    const read = client.map(['a']).next();
    await turn();
    client.call('a').fail(new ClosedError('Cannot lease a key as the client is closed'));
    await expect(read).rejects.toBeInstanceOf(ClosedError);
  });

  test('of a client that is closed, while an item is still to come', async () => {
    const client = new FakeClient();
    async function* items(): AsyncGenerator<string> {
      yield 'a';
      await new Promise(() => {});
    }
    const read = client.map(items()).next();
    const outcome = Promise.allSettled([read]);
    await turn();
    client.call('a').fail(new ClosedError('Cannot lease a key as the client is closed'));
    expect(await outcome).toEqual([{ status: 'rejected', reason: expect.any(ClosedError) }]);
  });

  test('of what cannot be iterated', async () => {
    const broken: Iterable<string> = {
      [Symbol.iterator]: () => {
        throw new Error('no iterator');
      },
    };
    await expect(new FakeClient().map(broken).next()).rejects.toThrow('no iterator');
  });
});

describe('leaving', () => {
  test('aborts what is under way, and lets go of the items', async () => {
    const client = new FakeClient();
    const { seen, items } = counted(Infinity);
    const mapping = client.map(items, { concurrency: 3 });
    const first = mapping.next();
    await turn();
    const signals = client.asked.map(({ options }) => options.signal);
    client.call('i0').answer();
    await first;
    expect(await mapping.return()).toEqual({ done: true, value: undefined });
    expect(client.asked).toEqual([]);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true]);
    expect(seen.closed).toBe(1);
    expect(await mapping.next()).toEqual({ done: true, value: undefined });
  });

  test('ends reads that wait', async () => {
    const client = new FakeClient();
    const map = client.map(['a']);
    const read = map.next();
    await turn();
    await map.return();
    expect(await read).toEqual({ done: true, value: undefined });
  });

  test('does not wait for a request that is still being made, and never sends it', async () => {
    const client = new FakeClient();
    let make = (): void => {};
    const map = client.map(['a'], {}, (item) => new Promise((resolve) => (make = () => resolve(requestOf(item)))));
    void map.next();
    await turn();
    await map.return();
    make();
    await turn();
    expect(client.calls).toBe(0);
  });

  test('does not wait for an item that is still to come', async () => {
    async function* items(): AsyncGenerator<string> {
      yield await new Promise<string>(() => {});
    }
    const map = new FakeClient().map(items());
    const read = map.next();
    await turn();
    await map.return();
    expect(await read).toEqual({ done: true, value: undefined });
  });

  test('before the first read begins nothing', async () => {
    const client = new FakeClient();
    const map = client.map(['a']);
    await map.return();
    expect(await map.next()).toEqual({ done: true, value: undefined });
    expect(client.calls).toBe(0);
  });

  test('of a loop waits for what the items have to close, and tells when they cannot', async () => {
    const client = new FakeClient();
    client.reply = (text) => replyOf(text);
    function* items(): Generator<string> {
      try {
        for (;;) yield 'a';
      } finally {
        // oxlint-disable-next-line no-unsafe-finally
        throw new Error('cannot close');
      }
    }
    const leave = async (): Promise<void> => {
      for await (const _ of client.map(items(), { concurrency: 1 })) break;
    };
    await expect(leave()).rejects.toThrow('cannot close');
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  test('before the first read', async () => {
    const client = new FakeClient();
    const { seen, items } = counted(3);
    const map = client.map(items, { signal: AbortSignal.abort(reason) });
    await expect(map.next()).rejects.toBe(reason);
    expect([client.calls, seen.pulled]).toEqual([0, 0]);
    expect(await map.next()).toEqual({ done: true, value: undefined });
  });

  test('of calls under way: with the reason, after they have ended', async () => {
    const client = new FakeClient();
    const controller = new AbortController();
    const { seen, items } = counted(Infinity);
    const map = client.map(items, { signal: controller.signal, concurrency: 4 });
    const read = map.next();
    await turn();
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
    expect([client.asked.length, client.calls, seen.closed]).toEqual([0, 4, 1]);
  });

  test('drops results that nobody read', async () => {
    const client = new FakeClient();
    const controller = new AbortController();
    const map = client.map(['a', 'b', 'c'], { signal: controller.signal });
    const read = map.next();
    await turn();
    client.call('a').answer();
    client.call('b').answer();
    await read;
    await turn();
    controller.abort(reason);
    await expect(map.next()).rejects.toBe(reason);
    expect(client.asked).toEqual([]);
  });

  test('while an item is still to come, and while a request is being made', async () => {
    const never = (): Promise<never> => new Promise(() => {});
    async function* items(): AsyncGenerator<string> {
      yield await never();
    }
    const controller = new AbortController();
    const reads = [
      new FakeClient().map(items(), { signal: controller.signal }).next(),
      new FakeClient().map(['a'], { signal: controller.signal }, never).next(),
    ];
    const outcome = Promise.allSettled(reads);
    await turn();
    controller.abort(reason);
    expect((await outcome).map((each) => each.status === 'rejected' && each.reason === reason)).toEqual([true, true]);
  });

  test('after the end changes nothing, and its signal is let go', async () => {
    const client = new FakeClient();
    client.reply = (text) => replyOf(text);
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...given: Parameters<typeof add>) => {
        listeners += 1;
        add(...given);
      },
      removeEventListener: (...given: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...given);
      },
    });
    expect(await readAllOf(client.map(['a'], { signal }))).toEqual(['0 a']);
    controller.abort(reason);
    expect(listeners).toBe(0);
  });
});

test('maps that share a signal listen to it once', async () => {
  const client = new FakeClient();
  const { signal } = new AbortController();
  const maps = [client.map(['a'], { signal }), client.map(['b'], { signal })];
  const reads = maps.map((map) => map.next());
  await turn();
  // Node warns of the eleventh.
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  client.call('a').answer();
  client.call('b').answer();
  await Promise.all(reads);
  await Promise.all(maps.map((map) => map.next()));
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

describe('whatever happens when', () => {
  const outcomes = fc.array(fc.record({ fails: fc.boolean(), turns: fc.nat(4) }), { maxLength: 40 });
  const shape = fc.record({ concurrency: fc.integer({ min: 1, max: 8 }), ordered: fc.boolean(), isAsync: fc.boolean() });

  test('every item comes exactly once, never more at once than allowed, in order where that was asked', async () => {
    await fc.assert(
      fc.asyncProperty(outcomes, shape, async (items, { concurrency, ordered, isAsync }) => {
        const client = new FakeClient();
        let now = 0;
        let most = 0;
        client.reply = async (text) => {
          now += 1;
          most = Math.max(most, now);
          const { fails = false, turns = 0 } = items[Number(text)] ?? {};
          for (let count = 0; count < turns; count += 1) await turn();
          now -= 1;
          if (fails) throw new Error('no');
          return replyOf(text);
        };
        const source = isAsync
          ? (async function* () {
              yield* items.keys();
            })()
          : items.keys();
        const results: number[] = [];
        for await (const result of client.map(source, { concurrency, ordered })) {
          expect(result.item).toBe(result.index);
          expect(result.reply === undefined).toBe(items[result.index]?.fails);
          results.push(result.index);
        }
        const all = [...items.keys()];
        expect(ordered ? results : results.toSorted((a, b) => a - b)).toEqual(all);
        expect(most).toBeLessThanOrEqual(concurrency);
      }),
      { numRuns: 60 },
    );
  });

  test('an abort at any moment leaves nothing under way', async () => {
    await fc.assert(
      fc.asyncProperty(outcomes, shape, fc.nat(60), async (items, { concurrency, ordered }, turns) => {
        const client = new FakeClient();
        const controller = new AbortController();
        const reason = new Error('enough');
        const reading = readAllOf(client.map(items.keys(), { concurrency, ordered, signal: controller.signal }));
        const ended = reading.then(
          () => 'read',
          (error: unknown) => error,
        );
        for (let count = 0; count < turns; count += 1) {
          await turn();
          client.asked[count % Math.max(1, client.asked.length)]?.answer();
        }
        controller.abort(reason);
        const how = await ended;
        expect(['read', reason]).toContain(how);
        expect(client.asked).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

test('options that are wrong are refused before anything begins', () => {
  const client = new FakeClient();
  // What untyped callers give.
  const wrong: readonly object[] = [
    { concurrency: 0 },
    { order: true },
    { resume: { file: 'x' } },
    { callOptions: { signal: AbortSignal.abort() } },
  ];
  for (const options of wrong) expect(() => client.map(['a'], options)).toThrow(ConfigError);
});

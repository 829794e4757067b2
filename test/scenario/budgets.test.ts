import { describe, expect, test } from 'vitest';
import { BudgetError, ConfigError, KeysExhaustedError } from '../../src/errors.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { ask, askStream, at, errorOf, group, key, readAll, record, useWorld } from '../support/world.ts';

const world = useWorld();

const START = Date.UTC(2026, 0, 31, 12);
const TOMORROW = Date.UTC(2026, 1, 1);

/** How many calls ended how. */
async function tally(calls: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  for (const end of await Promise.allSettled(calls)) {
    const name = end.status === 'fulfilled' ? 'answered' : (end.reason as Error).name;
    ends[name] = (ends[name] ?? 0) + 1;
  }
  return ends;
}

describe('a budget of calls on a key', () => {
  test('lets exactly so many answers through, however many come at once, and holds the key until the period ends', async () => {
    const clock = createManualClock(START);
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, key('a', { budget: { calls: 10, per: 'day' } })), clock });
    const heard = record(client, 'budget-near', 'budget-reached', 'key-held');
    const ends = await tally(Array.from({ length: 200 }, (_, index) => client.chat(ask(`question ${index}`))));
    expect(ends).toEqual({ answered: 10, KeysExhaustedError: 190 });
    expect(simulator.stats().served).toBe(10);
    const budget = { of: 'key', name: 'a', counts: 'calls', limit: 10, per: 'day' };
    expect(heard).toMatchObject([
      { name: 'budget-near', payload: { budget, spent: 8, share: 0.8 } },
      { name: 'budget-near', payload: { budget, spent: 10, share: 1 } },
      { name: 'budget-reached', payload: { budget, spent: 10, until: TOMORROW } },
      { name: 'key-held', payload: { key: 'a', scope: 'key', class: 'quota_exhausted', until: TOMORROW } },
    ]);
    expect(client.keys.get('a')).toMatchObject({
      state: 'exhausted',
      until: TOMORROW,
      reason: { class: 'quota_exhausted', message: expect.stringContaining("the budget of key 'a' of 10 calls a day is spent") },
      holds: [{ scope: 'key', source: 'budget', until: TOMORROW }],
    });
    expect(client.budgets()).toEqual([{ ...budget, spent: 10, reserved: 0, reached: true, from: Date.UTC(2026, 0, 31), until: TOMORROW }]);
    const refused = await errorOf(client.chat(ask('one more')), KeysExhaustedError);
    expect(refused).toMatchObject({ retryAt: TOMORROW, keys: [{ id: 'a', state: 'exhausted', until: TOMORROW }] });
    expect(refused.keys[0]?.reason).toContain('budget of key');
    await clock.advance(TOMORROW - clock.now());
    expect((await client.chat(ask('a new day'))).report.key).toBe('a');
    expect(client.budgets()).toMatchObject([{ spent: 1, reached: false, from: TOMORROW }]);
  });

  test('rotates to another group, and an alias falls to its next target', async () => {
    const simulator = await world.simulator({ groups: [group('a'), group('b')] });
    const client = world.client({
      ...at(simulator, key('a', { budget: { calls: 1, per: 'month' }, weight: 9 }), 'b'),
      models: { fast: ['openai/one', 'openai/two'] },
    });
    expect((await client.chat(ask('1'))).report.key).toBe('a');
    expect((await client.chat(ask('2'))).report.key).toBe('b');
    client.keys.disable('b');
    await errorOf(client.chat(ask('3', { model: 'fast' })), KeysExhaustedError);
    client.keys.enable('b');
    expect((await client.chat(ask('4', { model: 'fast' }))).report.key).toBe('b');
  });

  test('lets an alias fall to another provider at once, and come back with the next period', async () => {
    const clock = createManualClock(START);
    const simulator = await world.simulator({ groups: [group('a'), group('b')] });
    const { baseURL } = simulator;
    const client = world.client({
      providers: {
        openai: { baseURL, keys: [key('a', { budget: { calls: 2, per: 'day' } })] },
        other: { protocol: 'openai', baseURL, keys: [key('b')] },
      },
      models: { fast: ['openai/one', 'other/two'] },
      clock,
    });
    const served: unknown[] = [];
    const next = async (text: string) => served.push((await client.chat(ask(text, { model: 'fast' }))).report.model);
    for (const text of ['1', '2', '3', '4']) await next(text);
    await clock.advance(TOMORROW - clock.now());
    await next('5');
    expect(served).toEqual(['one', 'one', 'two', 'two', 'one']);
    expect(clock.now()).toBe(TOMORROW);
  });

  test('what fails or is aborted counts nothing', async () => {
    const simulator = await world.simulator({
      groups: [group('a')],
      latencyMs: 5,
      faults: [{ kind: 'status', status: 500, times: 3 }],
    });
    const client = world.client({ ...at(simulator, key('a', { budget: { calls: 2, per: 'day' } })), retry: { attempts: 1 } });
    expect(await tally(Array.from({ length: 3 }, (_, index) => client.chat(ask(`failing ${index}`))))).toEqual({ ProviderError: 3 });
    const controller = new AbortController();
    const aborted = client.chat(ask('aborted'), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(client.budgets()).toMatchObject([{ spent: 0, reserved: 0 }]);
    expect(await tally(Array.from({ length: 5 }, (_, index) => client.chat(ask(`fine ${index}`))))).toEqual({
      answered: 2,
      KeysExhaustedError: 3,
    });
  });

  test('a person lets the key go: what was spent is forgotten with it', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, key('a', { budget: { calls: 1, per: 'month' } })));
    await client.chat(ask('1'));
    await errorOf(client.chat(ask('2')), KeysExhaustedError);
    client.keys.reset('a');
    expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [] });
    expect(client.budgets()).toMatchObject([{ spent: 0, reached: false }]);
    await client.chat(ask('3'));
    await errorOf(client.chat(ask('4')), KeysExhaustedError);
  });

  test('a key that comes back by its function has its count still', async () => {
    const clock = createManualClock(START);
    const simulator = await world.simulator({ groups: [group('a'), group('b')] });
    const lists = [[key('a', { budget: { calls: 2, per: 'month' } })], [key('b')], [key('a', { budget: { calls: 2, per: 'month' } })]];
    let asked = 0;
    const keys = () => lists[Math.min(asked++, lists.length - 1)] ?? [];
    const client = world.client({ providers: { openai: { baseURL: simulator.baseURL, keys, refreshMs: 60_000 } }, clock });
    await client.chat(ask('1'));
    await clock.advance(60_000);
    expect(client.keys.list().map(({ id }) => id)).toEqual(['b']);
    await clock.advance(60_000);
    expect(client.keys.list().map(({ id }) => id)).toEqual(['a']);
    await client.chat(ask('2'));
    await errorOf(client.chat(ask('3')), KeysExhaustedError);
  });
});

describe('a budget of a group', () => {
  test('is one for all keys that declare it, also of another provider and those that come later', async () => {
    const simulator = await world.simulator({ groups: [group('a'), group('b'), group('c'), group('d')] });
    const { baseURL } = simulator;
    const client = world.client({
      providers: {
        openai: { baseURL, keys: [key('a', { group: 'team' }), key('b', { group: 'team' })] },
        other: { protocol: 'openai', baseURL, keys: [key('c', { group: 'team' })] },
      },
      budgets: { groups: { team: { calls: 20, per: 'day' }, later: { calls: 5, per: 'day' } } },
    });
    const ends = await tally(
      Array.from({ length: 60 }, (_, index) => client.chat(ask(`q ${index}`, { model: index % 2 === 0 ? 'openai/m' : 'other/m' }))),
    );
    expect(ends).toEqual({ answered: 20, KeysExhaustedError: 40 });
    expect(client.keys.list().map(({ id, state }) => `${id} ${state}`)).toEqual(['a exhausted', 'b exhausted', 'c exhausted']);
    client.keys.add('openai', key('d', { group: 'team' }));
    expect(client.keys.get('d')?.state).toBe('exhausted');
    await errorOf(client.chat(ask('d', { model: 'openai/m' })), KeysExhaustedError);
    client.keys.reset('d');
    expect(client.keys.list().map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'ready']);
  });

  test("'*' is one for each, also for a key that is alone", async () => {
    const simulator = await world.simulator({ groups: [group('a'), group('b')] });
    const client = world.client({ ...at(simulator, 'a', 'b'), budgets: { groups: { '*': { calls: 3, per: 'day' } } } });
    const ends = await tally(Array.from({ length: 10 }, (_, index) => client.chat(ask(`q ${index}`))));
    expect(ends).toEqual({ answered: 6, KeysExhaustedError: 4 });
  });
});

describe('a budget of a tenant', () => {
  test('refuses before anything is sent, each tenant by its own', async () => {
    const clock = createManualClock(START);
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({
      ...at(simulator, 'a'),
      clock,
      budgets: { tenants: { '*': { calls: 5, per: 'month' }, big: { calls: 7, per: 'month' } } },
    });
    const calls = (tenant: string | undefined) =>
      tally(Array.from({ length: 10 }, (_, index) => client.chat(ask(`q ${index}`), tenant === undefined ? {} : { tenant })));
    expect(await calls('one')).toEqual({ answered: 5, BudgetError: 5 });
    expect(await calls('two')).toEqual({ answered: 5, BudgetError: 5 });
    expect(await calls('big')).toEqual({ answered: 7, BudgetError: 3 });
    expect(await calls(undefined)).toEqual({ answered: 10 });
    expect(simulator.stats().served).toBe(27);
    const refused = await errorOf(client.chat(ask('more'), { tenant: 'one' }), BudgetError);
    expect(refused).toMatchObject({
      code: 'budget_exceeded',
      retryAt: TOMORROW,
      budget: { of: 'tenant', name: 'one', counts: 'calls', limit: 5, per: 'month' },
      message:
        "Cannot start the call as the budget of tenant 'one' of 5 calls a month is spent: spent so far 5 calls, and it begins anew at 2026-02-01T00:00:00.000Z",
    });
    expect(refused.report?.attempts).toEqual([]);
    await clock.advance(TOMORROW - clock.now());
    expect((await client.chat(ask('more'), { tenant: 'one' })).report.key).toBe('a');
  });

  test('an answer of the cache costs nothing and is served, a stale one too', async () => {
    const clock = createManualClock(START);
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({
      ...at(simulator, 'a'),
      clock,
      cache: { ttlMs: 1000, staleMs: 3_600_000 },
      budgets: { tenants: { '*': { calls: 1, per: 'day' } } },
    });
    await client.chat(ask('same'), { tenant: 'one' });
    expect((await client.chat(ask('same'), { tenant: 'one' })).report.cache).toBe('hit');
    await errorOf(client.chat(ask('other'), { tenant: 'one' }), BudgetError);
    await clock.advance(2000);
    expect((await client.chat(ask('same'), { tenant: 'one' })).report.cache).toBe('stale');
    expect(client.budgets()).toMatchObject([{ spent: 1 }]);
  });

  test('streams and embeddings count when they are over, once', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), budgets: { tenants: { one: { calls: 3, per: 'day' } } } });
    const stream = await client.chat(askStream('1'), { tenant: 'one' });
    expect(client.budgets()).toMatchObject([{ spent: 0, reserved: 1 }]);
    await readAll(stream);
    expect(client.budgets()).toMatchObject([{ spent: 1, reserved: 0 }]);
    const left = await client.chat(askStream('2'), { tenant: 'one' });
    for await (const _ of left) break;
    expect(client.budgets()).toMatchObject([{ spent: 1, reserved: 0 }]);
    await client.embed(
      { model: 'openai/text-embedding-3-small', input: Array.from({ length: 2049 }, () => 'x'), dimensions: 1 },
      { tenant: 'one' },
    );
    expect(client.budgets()).toMatchObject([{ spent: 2, reserved: 0 }]);
  });
});

describe('a budget of a tag', () => {
  test('by value, by each value, and the first one that refuses is named', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({
      ...at(simulator, 'a'),
      budgets: {
        tags: { 'team=search': { calls: 2, per: 'day' }, 'team=*': { calls: 3, per: 'day' }, feature: { calls: 4, per: 'month' } },
      },
    });
    const calls = (tags: Record<string, string>) =>
      tally(Array.from({ length: 6 }, (_, index) => client.chat(ask(`q ${index}`), { tags })));
    expect(await calls({ team: 'search' })).toEqual({ answered: 2, BudgetError: 4 });
    expect(await calls({ team: 'ads', other: 'x' })).toEqual({ answered: 3, BudgetError: 3 });
    expect(await calls({ feature: 'chat' })).toEqual({ answered: 4, BudgetError: 2 });
    const refused = await errorOf(client.chat(ask('x'), { tags: { team: 'search', feature: 'chat' } }), BudgetError);
    expect(refused.budget).toEqual({ of: 'tag', name: 'team=search', counts: 'calls', limit: 2, per: 'day' });
    expect(await calls({ other: 'x' })).toEqual({ answered: 6 });
  });

  test("is the leader's alone: equal calls of another team go on without it", async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), cache: true, budgets: { tags: { 'team=poor': { calls: 1, per: 'day' } } } });
    await client.chat(ask('spend it'), { tags: { team: 'poor' } });
    const teams = ['poor', 'poor', 'rich', 'poor', 'rich'];
    const ends = await Promise.allSettled(teams.map((team) => client.chat(ask('same'), { tags: { team } })));
    expect(ends.map((end) => (end.status === 'fulfilled' ? end.value.report.cache : (end.reason as Error).name))).toEqual([
      'BudgetError',
      'BudgetError',
      'miss',
      'shared',
      'shared',
    ]);
    expect(simulator.stats().served).toBe(2);
  });
});

describe('a budget in tokens', () => {
  test('is overshot by no more than the estimates are off, by 200 calls at once', async () => {
    const simulator = await world.simulator({ groups: [group('a')], latencyMs: 1 });
    const client = world.client({ ...at(simulator, 'a'), budgets: { tenants: { one: { tokens: 5000, per: 'day' } } } });
    const replies = await Promise.allSettled(
      Array.from({ length: 400 }, (_, index) => client.chat(ask(`question ${index}`), { tenant: 'one' })),
    );
    const used = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value.usage?.total_tokens ?? 0] : []));
    const spent = used.reduce((sum, tokens) => sum + tokens, 0);
    expect(client.budgets()).toMatchObject([{ spent, reserved: 0, reached: true }]);
    expect(spent).toBeGreaterThanOrEqual(5000);
    expect(spent).toBeLessThanOrEqual(5000 + 2 * Math.max(...used));
  });
});

describe('a budget in USD', () => {
  const prices = { 'openai/*': { input: 1000, output: 1000 } };

  test('counts what answers cost, also those of the first calls', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), prices, budgets: { tenants: { one: { usd: 0.2, per: 'day' } } } });
    const reply = await client.chat(ask('1'), { tenant: 'one' });
    const costUsd = reply.report.costUsd ?? 0;
    expect(costUsd).toBeGreaterThan(0);
    expect(client.budgets()[0]?.spent).toBeCloseTo(costUsd, 9);
  });

  test('holds a key', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, key('a', { budget: { usd: 0.05, per: 'month' } })), prices });
    const ends = await tally(Array.from({ length: 50 }, (_, index) => client.chat(ask(`q ${index}`))));
    expect(ends['KeysExhaustedError']).toBeGreaterThan(0);
    expect(client.budgets()).toMatchObject([{ reached: true, reserved: 0 }]);
  });

  test('needs prices', () => {
    const options = { providers: { openai: { keys: ['sk-0123456789abcdef0123'] } }, prices: false } as const;
    expect(() => world.client({ ...options, budgets: { tenants: { one: { usd: 1, per: 'day' } } } })).toThrow(ConfigError);
    expect(() => world.client({ ...options, providers: { openai: { keys: [key('a', { budget: { usd: 1, per: 'day' } })] } } })).toThrow(
      "'providers.openai.keys.0.budget' is in USD, which needs prices",
    );
  });
});

import { describe, expect, test } from 'vitest';
import type { Client, UsageBy, UsageRow } from '../../src/index.ts';
import type { CallOptions } from '../../src/options/types.ts';
import type { Simulator } from '../../src/simulator/index.ts';
import { ask, askStream, group, key, secretOf, useWorld } from '../support/world.ts';

// What the ledger counts is what the provider counted: over ten thousand calls of every kind and end.

const world = useWorld();

const CALLS = 10_000;
/** At once. */
const LANES = 50;
const BYS: readonly UsageBy[] = ['key', 'group', 'provider', 'model', 'tenant'];
const KEYS = ['1', '2', '3', '4', '5', 'dead', 'spent'];

async function open() {
  const two = [
    { id: '4', secret: secretOf('4') },
    { id: '5', secret: secretOf('5') },
  ];
  const simulator = await world.simulator({
    groups: [
      group('1'),
      group('2'),
      group('3'),
      { id: 'two', keys: two },
      group('dead', { state: 'dead' }),
      group('spent', { state: 'spent' }),
    ],
    stream: { chunks: 3 },
    record: 0,
  });
  simulator.fail({ kind: 'status', status: 500, probability: 0.01 });
  // Of a model of its own, as a client whose limits are not told goes slowly after it.
  simulator.fail({ kind: 'rate_limit', retryAfterMs: 5, times: 5, model: 'rare' });
  simulator.fail({ kind: 'overloaded', probability: 0.01 });
  simulator.fail({ kind: 'status', status: 400, probability: 0.01 });
  simulator.fail({ kind: 'cut', stream: true, afterChunks: 2, times: 50, model: 'gpt-4o' });
  // Nobody reads to its end, so that the server must not have sent it.
  simulator.fail({ kind: 'silence', stream: true, afterChunks: 2, probability: 1, model: 'endless' });
  const keys = KEYS.map((name) => key(name, { group: name === '4' || name === '5' ? 'two' : name }));
  const client = world.client({
    providers: { openai: { baseURL: simulator.baseURL, keys } },
    models: { any: ['openai/gpt-5-mini', 'openai/gpt-4o'] },
    cache: { ttlMs: 3_600_000 },
    retry: { attempts: 6 },
    // A millionth of a dollar a token, so that sums are whole numbers; embeddings cost what the list says, and one model nobody knows.
    prices: { 'openai/gpt-*': { input: 1, output: 2 } },
  });
  return { simulator, client };
}

function optionsOf(index: number): CallOptions {
  return { tenant: `tenant-${index % 7}`, tags: index % 3 === 0 ? {} : { team: index % 2 === 0 ? 'red' : 'blue' } };
}

const MODELS = ['gpt-5-mini', 'any', 'gpt-4o', 'made-up'];

/** One of many kinds of calls. */
async function call(client: Client, index: number): Promise<unknown> {
  const options = optionsOf(index);
  const more = { model: index % 1000 === 13 ? 'rare' : (MODELS[index % MODELS.length] ?? 'any') };
  switch (index % 20) {
    case 0:
    case 1:
      return client.embed({ model: 'text-embedding-3-small', input: [`text ${index}`, 'and another one'] }, options);
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
      // One of the same question a tenant, again and again.
      return client.chat(ask('the same question', { model: 'any' }), options);
    case 7:
      return leaveStream(client, index, options);
    case 8:
      // Aborted before anything is sent.
      return client.chat(ask(`question ${index}`, more), { ...options, signal: AbortSignal.abort(new Error('the caller left')) });
    case 9:
      return client.models('openai', options);
    case 10:
    case 11:
    case 12:
      return (await client.chat(askStream(`question ${index}`, more), options)).reply();
    default:
      return client.chat(ask(`question ${index}`, more), options);
  }
}

/** Reads the first chunk alone. */
async function leaveStream(client: Client, index: number, options: CallOptions): Promise<never> {
  for await (const _ of await client.chat(askStream(`question ${index}`, { model: 'endless' }), options)) break;
  throw new Error('the reader left');
}

function count(rows: readonly UsageRow[], what: (row: UsageRow) => number | undefined): number {
  return rows.reduce((sum, row) => sum + (what(row) ?? 0), 0);
}

const attemptsOf = (row: UsageRow): number => Object.values(row.attempts).reduce((sum, number) => sum + number, 0);
const tokensOf = (row: UsageRow): number => row.tokens.input + row.tokens.output;

function totals(rows: readonly UsageRow[]) {
  return {
    calls: count(rows, ({ calls }) => calls.total),
    answered: count(rows, ({ calls }) => calls.answered),
    cached: count(rows, ({ calls }) => calls.cached),
    attempts: count(rows, attemptsOf),
    ok: count(rows, ({ attempts }) => attempts.ok),
    tokens: count(rows, tokensOf),
    unpriced: count(rows, ({ priced }) => priced.unpriced),
    // In units in which the ledger sums.
    cost: count(rows, ({ priced }) => Math.round(priced.costUsd * 1e10)),
  };
}

async function run(client: Client): Promise<readonly PromiseSettledResult<unknown>[]> {
  const ended: PromiseSettledResult<unknown>[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < CALLS) {
      const index = next++;
      const [end] = await Promise.allSettled([call(client, index)]);
      ended.push(end);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return ended;
}

async function settled(simulator: Simulator): Promise<ReturnType<Simulator['stats']>> {
  await simulator.until(({ inFlight }) => inFlight === 0);
  return simulator.stats();
}

// Ten seconds of work, on a busy machine minutes.
describe('the ledger of ten thousand mixed calls', { timeout: 300_000 }, () => {
  test('has the sums of the server', async () => {
    const { simulator, client } = await open();
    const ended = await run(client);
    const stats = await settled(simulator);
    const rows = client.usage({ by: 'key' });
    const sums = totals(rows);

    // Calls: what the callers saw.
    expect([sums.calls, sums.answered]).toEqual([CALLS, ended.filter(({ status }) => status === 'fulfilled').length]);

    // Attempts: what the server saw, by its status lines.
    const by = (name: keyof UsageRow['attempts']): number => count(rows, ({ attempts }) => attempts[name]);
    expect(sums.attempts).toBe(stats.received);
    expect(sums.ok).toBe(stats.served);
    expect({
      400: by('bad_request'),
      401: by('key_invalid'),
      429: by('rate_limited') + by('quota_exhausted'),
      500: by('server_error'),
      503: by('overloaded'),
    }).toEqual(Object.fromEntries([400, 401, 429, 500, 503].map((status) => [status, stats.byStatus[status]])));
    expect([by('network'), by('aborted')]).toEqual([stats.faults.cut, stats.faults.silence]);

    // Tokens: of all, and of each key and group.
    expect(sums.tokens).toBe(stats.tokens);
    const ofKeys = KEYS.map((id) => [id, stats.keys[id]?.received, stats.keys[id]?.served, stats.keys[id]?.tokens]);
    expect(toFacts(rows, KEYS)).toEqual(ofKeys);
    const groups = Object.keys(stats.groups);
    const ofGroups = groups.map((id) => [id, stats.groups[id]?.received, stats.groups[id]?.served, stats.groups[id]?.tokens]);
    expect(toFacts(client.usage({ by: 'group' }), groups)).toEqual(ofGroups);

    // The same by whatever it is told apart; a call here has one tag at most.
    for (const other of [...BYS, 'tag'] as const) expect([other, totals(client.usage({ by: other }))]).toEqual([other, sums]);
    expect(totals(client.usage({ per: 'minute' }))).toEqual(sums);

    // Prices.
    const models = new Map(client.usage({ by: 'model' }).map((row) => [row.name, row]));
    const gpt = ['openai/gpt-5-mini', 'openai/gpt-4o'].flatMap((name) => models.get(name) ?? []);
    expect(gpt.map(({ priced }) => Math.round(priced.costUsd * 1e6))).toEqual(gpt.map(({ tokens }) => tokens.input + 2 * tokens.output));
    const embeddings = models.get('openai/text-embedding-3-small');
    expect(embeddings?.costUsd).toBeCloseTo((embeddings?.tokens.input ?? 0) * 0.02e-6, 9);
    expect(models.get('openai/made-up')).toMatchObject({ costUsd: undefined, priced: { costUsd: 0 } });
    expect(models.get('openai/made-up')?.attempts.ok).toBeGreaterThan(100);

    // Answers of the cache have no key, and no attempts.
    expect(sums.cached).toBeGreaterThan(CALLS / 20);
    expect(rows.find(({ name }) => name === '')?.calls.cached).toBe(sums.cached);
    expect(rows.filter((row) => row.name === '').map(attemptsOf)).toEqual([0]);
  });
});

/** Of the rows of these names: attempts, answers, tokens. */
function toFacts(rows: readonly UsageRow[], names: readonly string[]) {
  return names.map((name) => {
    const row = rows.find((one) => one.name === name);
    return [name, row && attemptsOf(row), row?.attempts.ok ?? 0, row && tokensOf(row)];
  });
}

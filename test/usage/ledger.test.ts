import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import type { UsageQuery } from '../../src/usage/usage.ts';
import { Account } from './support.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);

function open(startMs?: number) {
  const clock = createManualClock(startMs);
  const account = new Account(clock);
  const totals = (query: UsageQuery) => account.ledger.usage(query).map(({ name, calls }) => [name, calls.total]);
  return { clock, account, ledger: account.ledger, totals };
}

describe('the ledger', () => {
  test('counts calls and attempts with whom they belong to', () => {
    const { account, ledger, totals } = open();
    const tokens = { input: 100, output: 20, cached: 40, cacheWrite: 5, reasoning: 7 };
    account.tell({
      tenant: 'acme',
      tags: { team: 'red', job: 'night' },
      attempts: [
        { class: 'rate_limited', status: 429, key: 'k1', group: 'g1' },
        { class: 'ok', key: 'k2', group: 'g2', action: 'answer', tokens, costUsd: 0.25 },
      ],
    });
    account.tell({ as: 'rate_limited', attempts: [{ class: 'rate_limited', status: 429 }] });
    account.tell({ tenant: 'acme' });
    account.tell({ as: 'aborted', attempts: [] });
    expect(ledger.usage({ by: 'key' })).toEqual([
      {
        name: '',
        since: START,
        calls: { total: 2, answered: 1, failed: 1, cached: 1 },
        attempts: {},
        tokens: { input: 0, output: 0, cached: 0, cacheWrite: 0, reasoning: 0 },
        costUsd: 0,
        priced: { costUsd: 0, unpriced: 0 },
      },
      {
        name: 'k1',
        since: START,
        calls: { total: 1, answered: 0, failed: 1, cached: 0 },
        attempts: { rate_limited: 2 },
        tokens: { input: 0, output: 0, cached: 0, cacheWrite: 0, reasoning: 0 },
        costUsd: 0,
        priced: { costUsd: 0, unpriced: 0 },
      },
      {
        name: 'k2',
        since: START,
        calls: { total: 1, answered: 1, failed: 0, cached: 0 },
        attempts: { ok: 1 },
        tokens,
        costUsd: 0.25,
        priced: { costUsd: 0.25, unpriced: 0 },
        latencyMs: { p50: 1, p90: 1, p95: 1, p99: 1 },
      },
    ]);
    expect(totals({ by: 'group' })).toEqual([
      ['', 2],
      ['g1', 1],
      ['g2', 1],
    ]);
    expect(totals({ by: 'provider' })).toEqual([
      ['openai', 3],
      ['', 1],
    ]);
    expect(totals({ by: 'model' })).toEqual([
      ['openai/gpt', 3],
      ['', 1],
    ]);
    // As many calls, and more attempts.
    expect(totals({ by: 'tenant' })).toEqual([
      ['acme', 2],
      ['', 2],
    ]);
    expect(totals({ by: 'tag' })).toEqual([
      ['', 3],
      ['job=night', 1],
      ['team=red', 1],
    ]);
    expect(totals({ by: 'tag:team' })).toEqual([['team=red', 1]]);
  });

  test('knows no cost where one answer has no price, and says what the others cost', () => {
    const { account, ledger } = open();
    account.tell({ attempts: [{ costUsd: 0.1 }] });
    account.tell({ attempts: [{ costUsd: 0.2 }] });
    account.tell({ attempts: [{}] });
    // Aborted in the middle of its answer, and refused: only the first one was charged.
    account.tell({ as: 'aborted', attempts: [{ class: 'aborted', status: 200 }] });
    account.tell({ as: 'rate_limited', attempts: [{ class: 'rate_limited', status: 429 }] });
    expect(ledger.usage({})).toMatchObject([{ costUsd: undefined, priced: { costUsd: 0.3, unpriced: 2 } }]);
  });

  test('counts an attempt that ends after its call', () => {
    const { account, ledger } = open();
    account.tell({ attempts: [{}] });
    account.late({ class: 'aborted', key: 'k2' });
    expect(ledger.usage({}).map(({ name, calls, attempts }) => [name, calls.total, attempts])).toEqual([
      ['k1', 1, { ok: 1 }],
      ['k2', 0, { aborted: 1 }],
    ]);
  });

  test('tells percentiles of answered calls over windows, within two percent', async () => {
    const { account, clock, ledger } = open();
    for (let ms = 1; ms <= 1000; ms += 1) {
      account.tell({ attempts: [{}], tookMs: ms * 10, firstTokenMs: ms % 2 === 0 ? ms : undefined });
      if (ms % 100 === 0) await clock.advance(17 * MINUTE);
    }
    account.tell({ as: 'aborted', attempts: [{ class: 'aborted' }], tookMs: 900_000 });
    const [row] = ledger.usage({});
    const near = (value: number) => (told: number) => Math.abs(told - value) <= 0.02 * value;
    expect(row?.latencyMs).toEqual({
      p50: expect.toSatisfy(near(5000)),
      p90: expect.toSatisfy(near(9000)),
      p95: expect.toSatisfy(near(9500)),
      p99: expect.toSatisfy(near(9900)),
    });
    expect(row?.firstTokenMs).toMatchObject({ p50: expect.toSatisfy(near(500)), p99: expect.toSatisfy(near(990)) });
  });

  test('takes answers that took no time, or less', () => {
    const { account, ledger } = open();
    for (const tookMs of [0, -5]) account.tell({ attempts: [{}], tookMs });
    expect(ledger.usage({})).toMatchObject([{ latencyMs: { p50: 0, p99: 0 } }]);
  });

  test('takes names of objects for names', () => {
    const { account, totals } = open();
    account.tell({ tenant: '__proto__', tags: { constructor: 'x' }, attempts: [{ key: 'toString' }] });
    expect([totals({ by: 'tenant' }), totals({ by: 'tag' }), totals({})]).toEqual([
      [['__proto__', 1]],
      [['constructor=x', 1]],
      [['toString', 1]],
    ]);
  });
});

describe('the windows', () => {
  test('are a row each, the oldest first', async () => {
    const { account, clock, ledger } = open();
    for (const key of ['a', 'b', 'b']) account.tell({ attempts: [{ key }] });
    await clock.advance(90 * MINUTE + 5);
    account.tell({ attempts: [{ key: 'a' }] });
    const per = (query: UsageQuery) => ledger.usage(query).map(({ name, since, calls }) => [(since - START) / MINUTE, name, calls.total]);
    expect(per({ per: 'hour' })).toEqual([
      [0, 'b', 2],
      [0, 'a', 1],
      [60, 'a', 1],
    ]);
    expect(per({ per: 'minute' })).toEqual([[90, 'a', 1]]);
    expect(per({ per: 'day' })).toEqual([
      [0, 'a', 2],
      [0, 'b', 2],
    ]);
    expect(per({ per: 'hour', since: START + 60 * MINUTE })).toEqual([[60, 'a', 1]]);
  });

  test('that a time lies in are counted whole, the finest that are kept', async () => {
    const { account, clock, ledger } = open(START + 5000);
    const began = START + 5000;
    const calls = (since: UsageQuery['since']) => ledger.usage({ since }).map((row) => [row.since, row.calls.total]);
    account.tell({ attempts: [{}] });
    await clock.advance(50 * HOUR);
    account.tell({ attempts: [{}] });
    await clock.advance(30 * MINUTE);
    account.tell({ attempts: [{}] });
    await clock.advance(10_000);
    const now = clock.now();
    // Before the beginning, and within the first day.
    expect([calls(0), calls(new Date(began - 1)), calls(began + 1)]).toEqual([[[began, 3]], [[began, 3]], [[began, 3]]]);
    // Two days: by the hour. One hour: by the minute.
    expect(calls(now - 40 * HOUR)).toEqual([[START + 10 * HOUR, 2]]);
    expect(calls(now - 35 * MINUTE)).toEqual([[START + 49 * HOUR + 55 * MINUTE, 2]]);
    expect(calls(now - 29 * MINUTE)).toEqual([[START + 50 * HOUR + MINUTE, 1]]);
    expect([calls(now - 10_001), calls(new Date(now).toISOString()), calls(now + 1)]).toEqual([
      [[now - 15_000, 1]],
      [[now - 15_000, 1]],
      [],
    ]);
  });

  test('are let go of when they are old, over forty days and a jump of time', async () => {
    const { account, clock, ledger } = open();
    for (let hour = 0; hour < 40 * 24; hour += 1) {
      account.tell({ attempts: [{}] });
      await clock.advance(HOUR);
    }
    const count = (per: UsageQuery['per']) => ledger.usage({ per }).length;
    // The day and the hour that have just begun had no use yet.
    expect([count('day'), count('hour'), count('minute')]).toEqual([31, 48, 1]);
    expect(ledger.usage({})).toMatchObject([{ since: START + 9 * DAY, calls: { total: 31 * 24 } }]);
    await clock.advance(3 * DAY);
    account.tell({ attempts: [{}] });
    expect([count('day'), count('hour'), count('minute')]).toEqual([29, 1, 1]);
    await clock.advance(400 * DAY);
    expect([count('day'), ledger.usage({})]).toEqual([0, []]);
  });

  test('go on where a clock goes back', () => {
    let now = START + HOUR;
    const account = new Account({ now: () => now, after: () => ({ cancel: () => {} }) });
    account.tell({ attempts: [{}] });
    now = START + 10;
    account.tell({ attempts: [{}] });
    expect(account.ledger.usage({ per: 'hour' })).toMatchObject([{ since: START + HOUR, calls: { total: 2 } }]);
  });
});

describe('names', () => {
  test('beyond the most used ones share a row, and the sums stay', async () => {
    const { account, clock, ledger } = open();
    for (let index = 0; index < 6_000; index += 1) {
      account.tell({ tags: { request: `r${index}` }, attempts: [{ key: `k${index % 3}` }] });
      account.tell({ tags: { team: index % 2 === 0 ? 'red' : 'blue' }, attempts: [{ key: 'k9' }] });
      if (index % 100 === 0) await clock.advance(MINUTE);
    }
    const rows = ledger.usage({ by: 'tag' });
    expect(rows.length).toBeLessThanOrEqual(1000);
    expect(rows.slice(0, 3).map(({ name, calls }) => [name, calls.total])).toEqual([
      ['(others)', 5_003],
      ['team=blue', 3_000],
      ['team=red', 3_000],
    ]);
    expect(rows.reduce((sum, { calls }) => sum + calls.total, 0)).toBe(12_000);
    expect(ledger.usage({ by: 'tag:team' }).map(({ name }) => name)).toEqual(['team=blue', 'team=red']);
  });

  test('that are very long are cut', () => {
    const { account, ledger } = open();
    account.tell({ tenant: 'x'.repeat(100_000), attempts: [{}] });
    account.tell({ tenant: `${'x'.repeat(100_000)}y`, attempts: [{}] });
    expect(ledger.usage({ by: 'tenant' }).map(({ name, calls }) => [name.length, calls.total])).toEqual([[256, 2]]);
  });

  test('that are made up for each call take no more and more room', async () => {
    const { account, clock, ledger } = open();
    const sizes: number[] = [];
    for (let index = 0; index < 30_000; index += 1) {
      const made = { key: `k${index}`, group: `g${index}`, model: `m${index}` };
      account.tell({ tenant: `u${index}`, tags: { request: `r${index}` }, attempts: [made] });
      if (index % 200 === 0) await clock.advance(index % 1000 === 0 ? HOUR : MINUTE);
      if (index % 5_000 === 4_999) sizes.push(ledger.size);
    }
    expect(sizes.filter((size) => size > 40_000)).toEqual([]);
    const sums = (['key', 'group', 'provider', 'model', 'tenant', 'tag'] as const).map((by) =>
      ledger.usage({ by }).reduce((sum, { calls, attempts }) => sum + calls.total + (attempts.ok ?? 0), 0),
    );
    expect(sums).toEqual(sums.map(() => 60_000));
  });
});

describe('a query that is wrong', () => {
  test.each([
    [
      { by: 'keys' },
      `'by' must be 'key', 'group', 'provider', 'model', 'tenant', 'tag' or 'tag:' and the name of a tag: current value is "keys"`,
    ],
    [{ by: 'tag:' }, `'by' must be`],
    [{ by: 'toString' }, `'by' must be`],
    [{ by: 7 }, `'by' must be`],
    [{ since: 'yesterday' }, `'since' must be a date, its ISO text or epoch ms: current value is "yesterday"`],
    [{ since: new Date(NaN) }, `'since' must be`],
    [{ since: NaN }, `'since' must be`],
    [{ since: null }, `'since' must be`],
    [{ since: {} }, `'since' must be`],
    [{ per: 'week' }, `'per' must be 'minute', 'hour' or 'day': current value is "week"`],
    [{ until: 5 }, `"until" is no known option: known are by, since, per`],
    [[], 'the query must be an object: current value is an array of 0'],
    [null, 'the query must be an object: current value is null'],
  ])('%j is an error that says so', (query, message) => {
    const { ledger } = open();
    const ask = () => ledger.usage(query as UsageQuery);
    expect(ask).toThrow(ConfigError);
    expect(ask).toThrow(`Cannot read the usage as ${message}`);
  });

  test.each([{}, { since: undefined, by: undefined, per: undefined }, { since: Infinity }, { since: -Infinity }])('%j is none', (query) => {
    expect(open().ledger.usage(query)).toEqual([]);
  });
});

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import type { Call } from '../../src/call.ts';
import type { Standing } from '../../src/metrics/families.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import type { KeySnapshot } from '../../src/pool/keys/snapshot.ts';
import type { AttemptReport } from '../../src/report.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { fakeCall } from '../support/fake-call.ts';
import { readExposition, valueOf } from './exposition.ts';

const clock = createManualClock();
const IDLE: Standing = { providers: [], keys: [], calls: 0, waiting: 0 };

function attemptOf(model: string, more: Partial<AttemptReport> = {}): AttemptReport {
  const answered = { class: 'ok' as const, action: 'answer' as const, why: 'the only key' };
  return { provider: 'openai', model, key: 'k', group: 'g', startedAt: 0, durationMs: 10, waitedMs: 0, ...answered, ...more };
}

/** A call of one attempt that took `durationMs`. */
function callOf(model: string, durationMs = 10, more: Partial<AttemptReport> = {}): Call {
  const call = fakeCall({ clock });
  call.trace.attempts.push(attemptOf(model, more));
  call.trace.endedAt = call.trace.startedAt + durationMs;
  return call;
}

function key(more: Partial<KeySnapshot> = {}): KeySnapshot {
  const totals = { calls: 0, attempts: 0, tokens: 0, errors: 0 };
  const rest = { label: 'sk', holds: [], buckets: [], inFlight: 0, totals, addedAt: 0, firstSeenAt: 0, ageDays: 0 };
  return { id: 'k', provider: 'openai', group: 'g', state: 'ready', ...rest, ...more };
}

describe('the text', () => {
  test('is what prom-client writes of the same values', async () => {
    const metrics = new Metrics(() => ({ providers: ['openai'], keys: [key(), key({ id: 'l', state: 'invalid' })], calls: 3, waiting: 1 }));
    const registry = new Registry();
    const labels = { provider: 'openai', model: 'gpt', operation: 'chat' };
    const calls = new Counter({
      name: 'keywheel_calls_total',
      help: 'Calls that are over, by how they ended.',
      labelNames: ['provider', 'model', 'operation', 'outcome'],
      registers: [registry],
    });
    const durations = new Histogram({
      name: 'keywheel_call_duration_seconds',
      help: 'From the start of a call to its last byte or its failure.',
      labelNames: ['provider', 'model', 'operation', 'answered'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
      registers: [registry],
    });
    const keys = new Gauge({
      name: 'keywheel_keys',
      help: 'Keys, by their state.',
      labelNames: ['provider', 'state'],
      registers: [registry],
    });
    for (const ms of [0, 50, 51, 250, 999, 600_000, 600_001]) {
      metrics.ended(callOf('gpt', ms), 'ok', undefined, undefined);
      calls.inc({ ...labels, outcome: 'ok' });
      durations.observe({ ...labels, answered: 'true' }, ms / 1000);
    }
    for (const [state, count] of Object.entries({ ready: 1, cooling: 0, exhausted: 0, invalid: 1, disabled: 0, expired: 0 })) {
      keys.set({ provider: 'openai', state }, count);
    }
    const ours = metrics.text().split('\n\n');
    const theirs = (await registry.metrics()).trimEnd().split('\n\n');
    expect(theirs).toHaveLength(3);
    expect(ours).toEqual(expect.arrayContaining(theirs));
  });

  test('escapes what labels hold, and prints nothing that breaks a line', () => {
    const metrics = new Metrics(() => ({ ...IDLE, keys: [key({ provider: 'a"b\\c', group: 'x\ny' })] }));
    metrics.ended(callOf('back\\slash "quoted"\nline\r\u2028end'), 'ok', undefined, undefined);
    const text = metrics.text();
    const [calls] = readExposition(text);
    expect(calls?.samples[0]?.labels['model']).toBe('back\\slash "quoted" line end');
    expect(valueOf(readExposition(text), 'keywheel_keys', { provider: 'a"b\\c', state: 'ready' })).toBe(1);
    expect(text).not.toMatch(/[\r\u2028]/);
  });

  test('of a client that did nothing: every metric with its help and type', () => {
    const families = readExposition(new Metrics(() => IDLE).text());
    expect(families.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'keywheel_calls_total counter',
      'keywheel_attempts_total counter',
      'keywheel_tokens_total counter',
      'keywheel_cost_usd_total counter',
      'keywheel_cache_results_total counter',
      'keywheel_call_duration_seconds histogram',
      'keywheel_first_token_seconds histogram',
      'keywheel_wait_seconds histogram',
      'keywheel_keys gauge',
      'keywheel_holds gauge',
      'keywheel_calls_in_flight gauge',
      'keywheel_calls_waiting gauge',
      'keywheel_attempts_in_flight gauge',
      'keywheel_bucket_remaining gauge',
      'keywheel_bucket_limit gauge',
      'keywheel_buckets_omitted gauge',
    ]);
  });
});

describe('what is counted', () => {
  test('attempts by class, tokens by kind and cost, under the model that was asked', () => {
    const metrics = new Metrics(() => IDLE);
    const tokens = { input: 100, output: 20, cached: 60, cacheWrite: 5, reasoning: 7 };
    metrics.attempted(callOf('a'), attemptOf('a', { class: 'rate_limited' }));
    metrics.attempted(callOf('a'), attemptOf('b', { tokens, costUsd: 0.25 }));
    metrics.attempted(callOf('a'), attemptOf('b', { tokens: { input: 1, output: 1 }, costUsd: 0.5 }));
    const families = readExposition(metrics.text());
    const told = (name: string, labels: Record<string, string>): number | undefined => valueOf(families, name, labels);
    expect(told('keywheel_attempts_total', { model: 'a', class: 'rate_limited' })).toBe(1);
    expect(told('keywheel_attempts_total', { model: 'b', class: 'ok' })).toBe(2);
    const kinds = ['input', 'output', 'cached', 'cache_write', 'reasoning'];
    expect(kinds.map((kind) => told('keywheel_tokens_total', { model: 'b', kind }))).toEqual([101, 21, 60, 5, 7]);
    expect(told('keywheel_cost_usd_total', { model: 'b' })).toBe(0.75);
    // Of a price that nobody knows there is no series, rather than a zero.
    expect(told('keywheel_cost_usd_total', { model: 'a' })).toBeUndefined();
  });

  test('a failed call is counted by its class, and apart in the durations; one without an attempt under its first target', () => {
    const metrics = new Metrics(() => IDLE);
    const call = fakeCall({ clock, targets: ['openai/first', 'anthropic/second'] });
    call.trace.endedAt = call.trace.startedAt + 2_000;
    call.trace.waitedMs = 1_500;
    metrics.ended(call, 'rate_limited', undefined, undefined);
    const families = readExposition(metrics.text());
    expect(valueOf(families, 'keywheel_calls_total', { provider: 'openai', model: 'first', outcome: 'rate_limited' })).toBe(1);
    expect(valueOf(families, 'keywheel_call_duration_seconds_sum', { answered: 'false' })).toBe(2);
    expect(valueOf(families, 'keywheel_call_duration_seconds_sum', { answered: 'true' })).toBeUndefined();
    expect(valueOf(families, 'keywheel_wait_seconds_bucket', { le: '1' })).toBe(0);
    expect(valueOf(families, 'keywheel_wait_seconds_bucket', { le: '2.5' })).toBe(1);
  });

  test('what the cache had, where it took part', () => {
    const metrics = new Metrics(() => IDLE);
    for (const cache of ['off', 'hit', 'miss', 'hit'] as const) {
      const call = callOf('m');
      call.trace.cache = cache;
      metrics.ended(call, 'ok', undefined, undefined);
    }
    const cache = readExposition(metrics.text()).find(({ name }) => name === 'keywheel_cache_results_total');
    expect(cache?.samples.map(({ labels, value }) => `${labels['status']} ${value}`)).toEqual(['hit 2', 'miss 1']);
  });
});

describe('the bounds', () => {
  test('100,000 made-up models are 100 series and one for the others, and nothing is lost', () => {
    const metrics = new Metrics(() => IDLE);
    for (let index = 0; index < 100_000; index += 1) {
      const call = callOf(`made-up-${index}`);
      metrics.attempted(call, attemptOf(`made-up-${index}`));
      metrics.ended(call, 'ok', undefined, undefined);
    }
    const text = metrics.text();
    const families = readExposition(text);
    expect(families[0]?.samples).toHaveLength(101);
    expect(families[0]?.samples.reduce((sum, { value }) => sum + value, 0)).toBe(100_000);
    expect(valueOf(families, 'keywheel_calls_total', { model: '(others)' })).toBe(99_900);
    expect(valueOf(families, 'keywheel_attempts_total', { model: '(others)' })).toBe(99_900);
    expect(text.length).toBeLessThan(1_000_000);
  });

  test('another provider has a hundred of its own; one that calls its model (others), or writes a book, is among them', () => {
    const metrics = new Metrics(() => IDLE);
    for (let index = 0; index < 200; index += 1) metrics.ended(callOf(`m${index}`), 'ok', undefined, undefined);
    metrics.ended(callOf('claude', 10, { provider: 'anthropic' }), 'ok', undefined, undefined);
    metrics.ended(callOf('(others)', 10, { provider: 'anthropic' }), 'ok', undefined, undefined);
    metrics.ended(callOf('x'.repeat(201), 10, { provider: 'anthropic' }), 'ok', undefined, undefined);
    const families = readExposition(metrics.text());
    expect(valueOf(families, 'keywheel_calls_total', { provider: 'anthropic', model: 'claude' })).toBe(1);
    expect(valueOf(families, 'keywheel_calls_total', { provider: 'anthropic', model: '(others)' })).toBe(2);
  });

  test('names that look alike in print are one series, however often they come', () => {
    const metrics = new Metrics(() => IDLE);
    for (const model of ['a b', 'a\nb', 'a\tb', 'a b', 'a\nb']) metrics.ended(callOf(model), 'ok', undefined, undefined);
    expect(valueOf(readExposition(metrics.text()), 'keywheel_calls_total', { model: 'a b' })).toBe(5);
  });

  test('buckets beyond the first 500 are counted, not told', () => {
    const bucket = { counts: 'requests', windowMs: 60_000, limit: 10, remaining: 3, resetAt: 0, source: 'configured' } as const;
    const keys = Array.from({ length: 600 }, (_, index) => key({ id: `k${index}`, group: `g${index}`, buckets: [bucket] }));
    const families = readExposition(new Metrics(() => ({ ...IDLE, keys })).text());
    expect(families.find(({ name }) => name === 'keywheel_bucket_remaining')?.samples).toHaveLength(500);
    expect(valueOf(families, 'keywheel_buckets_omitted')).toBe(100);
  });
});

describe('how keys stand', () => {
  test('a group of several keys tells its limits once; of two limits that look alike the tighter one', () => {
    const bucket = { counts: 'tokens', windowMs: 60_000, model: 'm', limit: 10, remaining: 3, resetAt: 0, source: 'configured' } as const;
    const buckets = [bucket, { ...bucket, limit: 8, remaining: 2.5, source: 'learned' as const }, { ...bucket, windowMs: 86_400_000 }];
    const keys = [key({ id: 'a', buckets }), key({ id: 'b', buckets })];
    const families = readExposition(new Metrics(() => ({ ...IDLE, keys })).text());
    const labels = { provider: 'openai', group: 'g', model: 'm', counts: 'tokens' };
    expect(valueOf(families, 'keywheel_bucket_remaining', { ...labels, window: '60s' })).toBe(2.5);
    expect(valueOf(families, 'keywheel_bucket_limit', { ...labels, window: '60s' })).toBe(8);
    expect(valueOf(families, 'keywheel_bucket_limit', { ...labels, window: '86400s' })).toBe(10);
  });

  test('a key with two holds of a class is held once, and attempts under way are added up', () => {
    const hold = { scope: 'group', class: 'rate_limited', until: 1, since: 0, source: 'body' } as const;
    const holds = [hold, { ...hold, model: 'm' }, { ...hold, class: 'quota_exhausted' as const }];
    const keys = [key({ state: 'cooling', holds, inFlight: 2 }), key({ id: 'b', inFlight: 1 })];
    const families = readExposition(new Metrics(() => ({ providers: [], keys, calls: 7, waiting: 4 })).text());
    expect(valueOf(families, 'keywheel_holds', { provider: 'openai', class: 'rate_limited' })).toBe(1);
    expect(valueOf(families, 'keywheel_holds', { provider: 'openai', class: 'quota_exhausted' })).toBe(1);
    expect(valueOf(families, 'keywheel_attempts_in_flight', { provider: 'openai' })).toBe(3);
    expect([valueOf(families, 'keywheel_calls_in_flight'), valueOf(families, 'keywheel_calls_waiting')]).toEqual([7, 4]);
  });
});

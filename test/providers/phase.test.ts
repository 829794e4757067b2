import { describe, expect, test } from 'vitest';
import { knownProviders } from '../../src/providers/known.ts';
import { endOf, type Phase } from '../../src/providers/phase.ts';
import { aProvider, failureOf } from './support.ts';

describe('endOf', () => {
  test.each<readonly [Phase, string, string]>([
    ['minute', '2026-07-01T12:00:00.000Z', '2026-07-01T12:01:00.000Z'],
    ['minute', '2026-07-01T12:00:59.999Z', '2026-07-01T12:01:00.000Z'],
    ['utc-day', '2026-12-31T23:59:59.000Z', '2027-01-01T00:00:00.000Z'],
    ['utc-month', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['utc-month', '2026-01-31T12:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    // Summer: seven hours behind UTC.
    ['pacific-day', '2026-07-01T12:00:00.000Z', '2026-07-02T07:00:00.000Z'],
    ['pacific-day', '2026-07-01T06:59:59.000Z', '2026-07-01T07:00:00.000Z'],
    ['pacific-day', '2026-07-01T07:00:00.000Z', '2026-07-02T07:00:00.000Z'],
    // Winter: eight.
    ['pacific-day', '2026-12-15T07:59:00.000Z', '2026-12-15T08:00:00.000Z'],
    ['pacific-day', '2026-12-31T20:00:00.000Z', '2027-01-01T08:00:00.000Z'],
    // The day on which the clocks go forward has 23 hours, and the day on which they go back 25.
    ['pacific-day', '2026-03-08T08:00:00.000Z', '2026-03-09T07:00:00.000Z'],
    ['pacific-day', '2026-03-08T07:59:00.000Z', '2026-03-08T08:00:00.000Z'],
    ['pacific-day', '2026-11-01T07:00:00.000Z', '2026-11-02T08:00:00.000Z'],
    ['pacific-day', '2026-11-01T06:59:00.000Z', '2026-11-01T07:00:00.000Z'],
  ])('%s after %s is %s', (phase, now, end) => {
    expect(new Date(endOf(phase, Date.parse(now)).at).toISOString()).toBe(end);
  });
});

const NOW = Date.parse('2026-07-01T12:00:20Z');

function until(name: string, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}, inBand = false) {
  const protocol = knownProviders[name]?.protocol;
  if (protocol === undefined) throw new Error(`No provider ${name}`);
  const verdict = protocol.classify(failureOf(status, body, headers, inBand), aProvider({ name, protocol }), NOW);
  const at = verdict.until === undefined ? undefined : new Date(verdict.until.at).toISOString();
  return [verdict.class, verdict.until?.source, at];
}

const gemini = (quotaId: string, delay: string): unknown => ({
  error: {
    code: 429,
    message: `You exceeded your current quota.\nPlease retry in ${delay}.`,
    status: 'RESOURCE_EXHAUSTED',
    details: [{ violations: [{ quotaId }] }, { retryDelay: delay.replace(/^.*[hm]/, '') }],
  },
});

describe('where nobody names an end, the wall clock does', () => {
  test("Mistral's minute", () => {
    const body = { object: 'error', message: 'Rate limit exceeded', type: 'rate_limited', code: '1300' };
    expect(until('mistral', 429, body)).toEqual(['rate_limited', 'phase', '2026-07-01T12:01:00.000Z']);
    expect(until('mistral', 429, body, { 'retry-after': '3' })).toEqual(['rate_limited', 'retry-after', '2026-07-01T12:00:23.000Z']);
  });

  test("OpenRouter's free day, unless the answer tells its end", () => {
    const body = { error: { message: 'Rate limit exceeded: free-models-per-day', code: 429 } };
    expect(until('openrouter', 429, body)).toEqual(['quota_exhausted', 'phase', '2026-07-02T00:00:00.000Z']);
    const told = { error: { ...body.error, metadata: { headers: { 'X-RateLimit-Reset': String(NOW + 7_200_000) } } } };
    expect(until('openrouter', 429, told)).toEqual(['quota_exhausted', 'reset-date', '2026-07-01T14:00:20.000Z']);
    const source = { error: { message: 'x', code: 429, metadata: { limit_source: 'openrouter_free_tier_daily' } } };
    expect(until('openrouter', 429, source)).toEqual(['quota_exhausted', 'phase', '2026-07-02T00:00:00.000Z']);
  });

  test("Google's day ends in Los Angeles, unless the message names hours or minutes", () => {
    const perDay = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier';
    expect(until('google', 429, gemini(perDay, '22s'))).toEqual(['quota_exhausted', 'phase', '2026-07-02T07:00:00.000Z']);
    expect(until('google', 429, gemini(perDay, '10h17m5s'))).toEqual(['quota_exhausted', 'prose', '2026-07-01T22:17:25.000Z']);
    expect(until('google', 429, gemini('GenerateRequestsPerMinutePerProjectPerModel', '22s'))[2]).toBe('2026-07-01T12:00:42.000Z');
  });

  test("Anthropic's month, where it says no date", () => {
    const details = { error_code: 'enforced_spend_limit_reached' };
    const body = { type: 'error', error: { type: 'rate_limit_error', message: '(text may change)', details } };
    expect(until('anthropic', 429, body)).toEqual(['quota_exhausted', 'phase', '2026-08-01T00:00:00.000Z']);
  });

  test("Cohere's next month, by its words", () => {
    const message = 'Maximum billing reached for this API key. Your billing capacity will reset at the beginning of next month.';
    expect(until('cohere', 402, { message })).toEqual(['quota_exhausted', 'reset-date', '2026-08-01T00:00:00.000Z']);
  });

  test('no clock is known of anybody else, and none inside a 200 that names no limit', () => {
    expect(until('openai', 429, { error: { message: 'Daily limit reached' } })).toEqual(['quota_exhausted', undefined, undefined]);
  });
});

describe('plans', () => {
  const body = { type: 'error', error: { type: 'rate_limit_error', message: "This request would exceed your account's rate limit." } };
  const reset = String(NOW / 1000 + 4 * 3600);

  test("Anthropic's unified reset goes before a retry-after, where it rejects", () => {
    const headers = { 'retry-after': '60', 'anthropic-ratelimit-unified-reset': reset, 'anthropic-ratelimit-unified-status': 'rejected' };
    expect(until('anthropic', 429, body, headers)).toEqual(['quota_exhausted', 'reset-date', '2026-07-01T16:00:20.000Z']);
    const allowed = { ...headers, 'anthropic-ratelimit-unified-status': 'allowed' };
    expect(until('anthropic', 429, body, allowed)).toEqual(['rate_limited', 'retry-after', '2026-07-01T12:01:20.000Z']);
  });

  test("a ChatGPT plan's window that is used up", () => {
    const used = { error: { type: 'usage_limit_reached', message: 'The usage limit has been reached' } };
    const headers = { 'x-codex-primary-used-percent': '100', 'x-codex-primary-reset-at': reset, 'x-codex-secondary-used-percent': '12' };
    expect(until('openai', 429, used, headers)).toEqual(['quota_exhausted', 'reset-date', '2026-07-01T16:00:20.000Z']);
  });

  test('a retry-after on a 200 means nothing', () => {
    expect(until('openai', 200, { error: { code: 'rate_limit_exceeded' } }, { 'retry-after': '9' }, true)).toEqual([
      'rate_limited',
      undefined,
      undefined,
    ]);
  });
});

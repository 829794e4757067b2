import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDelay, parseDuration, parseInstant } from '../../src/providers/durations.ts';
import { parseRetryAfter, readHints } from '../../src/providers/hints.ts';
import { readProseDates, readProseDelay } from '../../src/providers/prose.ts';

const NOW = Date.UTC(2026, 6, 1, 12);

describe('parseDuration', () => {
  test.each([
    ['1h53m56.832s', 6_836_832],
    ['6ms', 6],
    ['6m0s', 360_000],
    ['2m59.56s', 179_560],
    ['370ms', 370],
    ['500µs', 0.5],
    ['250us', 0.25],
    ['19h14m47s', 69_287_000],
    ['9 seconds', 9000],
    ['2 minutes and 5 seconds', 125_000],
    ['1 day, 2 hours', 93_600_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 6);
  });

  test.each(['', '20', '-5s', 's', '5 sessions', '1h tomorrow', 'NaN', '1h'.repeat(60)])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('reads what Go writes', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(59), fc.nat(59_999), (hours, minutes, ms) => {
        expect(parseDuration(`${hours}h${minutes}m${ms / 1000}s`)).toBeCloseTo(hours * 3_600_000 + minutes * 60_000 + ms, 3);
      }),
    );
  });
});

describe('parseDelay and parseInstant', () => {
  test('take a small number for seconds and a large one for a time', () => {
    expect([parseDelay('1.5'), parseInstant('1.5')]).toEqual([1500, undefined]);
    expect([parseDelay('1782907200'), parseInstant('1782907200')]).toEqual([undefined, NOW]);
    expect(parseInstant('1782907200000')).toBe(NOW);
    expect(parseInstant('2026-07-01T12:00:00Z')).toBe(NOW);
  });
});

describe('parseRetryAfter', () => {
  test.each([
    ['20', 20_000],
    ['0', 0],
    ['0.5', 500],
    ['30s', 30_000],
    ['Wed, 01 Jul 2026 12:00:30 GMT', 30_000],
    ['1782907230', 30_000],
    ['Wed, 01 Jul 2026 11:00:00 GMT', undefined],
    ['-1', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['', undefined],
    ['soon', undefined],
    ['20, 30', undefined],
  ])('reads %j', (text, ms) => {
    expect(parseRetryAfter(text, undefined, NOW)).toBe(ms);
  });
});

describe('readProseDelay', () => {
  test.each([
    ['Please try again in 20s. Visit https://x', 20_000],
    ['Please retry after 9 seconds. Please go here', 9000],
    ['request reached max RPM: 3, please try again after 1 seconds', 1000],
    ['Please retry in 56.185908122s.', 56_185.908122],
    ['Please wait 0 seconds before retrying.', 0],
    ['Your quota will reset after 19h14m47s.', 69_287_000],
    ['try your request again in 2 minutes', 120_000],
    ['retry-after: 30', 30_000],
    ['Rate limit resets in: 3m', 180_000],
  ])('reads %j', (text, ms) => {
    expect(readProseDelay(text)?.ms).toBeCloseTo(ms, 3);
  });

  test.each(['Please try again later', 'Please retry after 3 attempts', 'Limit 3, Used 3', 'resets at 2026-08-01', 'try again'])(
    'finds none in %j',
    (text) => {
      expect(readProseDelay(text)).toBeUndefined();
    },
  );
});

describe('readProseDates', () => {
  test.each([
    ['You will regain access on 2026-08-01 at 00:00 UTC.', '2026-08-01T00:00:00Z'],
    ['Resets at 2026-07-02T10:30:00+02:00', '2026-07-02T08:30:00Z'],
    ['usage limit reached|1785542400', '2026-08-01T00:00:00Z'],
    ['Your billing capacity will reset at the beginning of next month.', '2026-08-01T00:00:00Z'],
    ['Limit resets daily at midnight UTC', '2026-07-02T00:00:00Z'],
  ])('reads %j', (text, date) => {
    expect(readProseDates(text, NOW).map(({ at }) => at)).toEqual([Date.parse(date)]);
  });

  test('finds none in a model name', () => {
    expect(readProseDates('The model gpt-4o-2024-08-06 is overloaded', NOW)).toEqual([]);
  });
});

describe('readHints', () => {
  test('orders by trust: date, headers, field, prose, bucket', () => {
    const hints = readHints(
      {
        headers: { 'retry-after': '7', 'retry-after-ms': '6500', 'x-ms-retry-after-ms': '6600' },
        limits: [{ counts: 'tokens', slot: 'tokens/60000', windowMs: 60_000, remaining: 0, resetMs: 9000 }],
        fields: [['retry_after', 8]],
        prose: 'Try again in 5s. You will regain access on 2026-08-01.',
      },
      NOW,
    );
    expect(hints.map(({ at, source }) => [source, at - NOW])).toEqual([
      ['reset-date', Date.parse('2026-08-01') - NOW],
      ['retry-after', 6500],
      ['retry-after', 6600],
      ['retry-after', 7000],
      ['body', 8000],
      ['prose', 5000],
      ['bucket', 9000],
    ]);
  });

  test('reads fields that name an instant or milliseconds', () => {
    const fields = [
      ['quotaResetTimeStamp', '2026-07-01T12:00:10Z'],
      ['X-RateLimit-Reset', '1782907220000'],
      ['retry_after_ms', 1500],
      ['retryDelay', '0.539477544s'],
    ] as const;
    const hints = readHints({ headers: undefined, limits: [], fields, prose: '' }, NOW);
    expect(hints.map(({ at, source }) => [source, at - NOW])).toEqual([
      ['reset-date', 10_000],
      ['reset-date', 20_000],
      ['body', 1500],
      ['body', 540],
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { readIds, readLimits } from '../../../src/providers/openai/limits.ts';

describe('readLimits', () => {
  test('reads requests, tokens and the tokens of a project', () => {
    const headers = {
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '499',
      'x-ratelimit-reset-requests': '120ms',
      'x-ratelimit-limit-tokens': '90000',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '6m0s',
      'x-ratelimit-remaining-project-tokens': '10',
    };
    expect(readLimits(headers)).toEqual([
      { counts: 'requests', slot: 'requests/60000', windowMs: 60_000, limit: 500, remaining: 499, resetMs: 120 },
      { counts: 'tokens', slot: 'tokens/60000', windowMs: 60_000, limit: 90_000, remaining: 0, resetMs: 360_000 },
      { counts: 'tokens', slot: 'project-tokens/60000', windowMs: 60_000, remaining: 10 },
    ]);
  });

  test('takes a plain reset for seconds', () => {
    expect(readLimits({ 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '1.5' })[0]?.resetMs).toBe(1500);
  });

  test('leaves out -1 and rubbish, as absent is not zero', () => {
    expect(
      readLimits({ 'x-ratelimit-limit-requests': '-1', 'x-ratelimit-remaining-requests': 'many', 'x-ratelimit-reset-tokens': '1s' }),
    ).toEqual([]);
    expect(readLimits({})).toEqual([]);
  });
});

test('readIds reads the ids of exchange and organisation', () => {
  expect(readIds({ 'x-request-id': 'req_1', 'openai-organization': 'acme' })).toEqual({ requestId: 'req_1', organization: 'acme' });
  expect(readIds({})).toEqual({});
  const long = { 'x-request-id': `${'x'.repeat(110)}${'secret'.repeat(5)}`, 'x-other': 'secret' };
  const cleaned: string[] = [];
  const clean = (text: string): string => (cleaned.push(text), text.replaceAll('secret', '*'));
  expect(readIds(long, clean)).toEqual({ requestId: `${'x'.repeat(110)}*****` });
  expect(cleaned).toEqual([long['x-request-id']]);
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAlert } from '../../src/alerts/compose.ts';
import { judge, pauseAfter } from '../../src/alerts/plan.ts';
import { identify, Recent } from '../../src/alerts/recent.ts';
import type { ClientEvents } from '../../src/events.ts';
import type { AlertName } from '../../src/options/alerts.ts';

const NEAR = { provider: 'openai', group: 'a', counts: 'requests', windowMs: 60_000, limit: 500, remaining: 42.5, share: 0.9 } as const;
const BUDGET = { of: 'tenant', name: 'acme', counts: 'usd', limit: 100, per: 'month' } as const;
const AT = Date.UTC(2026, 0, 1);

describe('equal alerts', () => {
  test.each<readonly [what: string, AlertName, ClientEvents[AlertName], ClientEvents[AlertName], isEqual: boolean]>([
    ['of one limit, whatever is left', 'limit-near', NEAR, { ...NEAR, remaining: 1 }, true],
    ['of another share', 'limit-near', NEAR, { ...NEAR, share: 0.5 }, false],
    ['of another group', 'limit-near', NEAR, { ...NEAR, group: 'b' }, false],
    ['of another model', 'limit-near', NEAR, { ...NEAR, model: 'm' }, false],
    ['of one model', 'keys-exhausted', { provider: 'p', model: 'm', retryAt: 5 }, { provider: 'p', model: 'm' }, true],
    ['of models that differ', 'keys-exhausted', { provider: 'p', model: 'm' }, { provider: 'p', model: 'n' }, false],
    [
      'of one key',
      'key-invalidated',
      { provider: 'p', key: 'k', group: 'g', why: 'x' },
      { provider: 'p', key: 'k', group: 'g', why: 'y' },
      true,
    ],
    ['of one budget', 'budget-reached', { budget: BUDGET, spent: 1, until: 1 }, { budget: BUDGET, spent: 2, until: 2 }, true],
    [
      'of two budgets',
      'budget-near',
      { budget: BUDGET, spent: 1, share: 1 },
      { budget: { ...BUDGET, name: 'b' }, spent: 1, share: 1 },
      false,
    ],
  ])('%s', (_, name, one, other, isEqual) => {
    expect(identify(name, one) === identify(name, other)).toBe(isEqual);
  });

  test('are told once in a while, with how many were left out', () => {
    const recent = new Recent(1000);
    const admitted = [0, 1, 999, 1000, 1001, 2000].map((now) => recent.admit('a', now));
    expect([admitted, recent.admit('b', 1)]).toEqual([[0, undefined, undefined, 2, undefined, 1], 0]);
  });

  test('are all told where no time is to pass between them', () => {
    const recent = new Recent(0);
    expect([recent.admit('a', 5), recent.admit('a', 5)]).toEqual([0, 0]);
  });

  test('are remembered in bounded memory', () => {
    const recent = new Recent(1000);
    for (let at = 0; at < 1001; at += 1) recent.admit(String(at), 0);
    expect([recent.admit('1', 0), recent.admit('0', 0)]).toEqual([undefined, 0]);
  });
});

describe('what an answer of a webhook means', () => {
  test.each([
    [200, undefined, { kind: 'delivered' }],
    [204, '5', { kind: 'delivered' }],
    [404, '5', { kind: 'refused', reason: 'the webhook answered with status 404' }],
    [429, '7', { kind: 'failed', reason: 'the webhook answered with status 429', retryAfterMs: 7000 }],
    [503, undefined, { kind: 'failed', reason: 'the webhook answered with status 503' }],
    [503, new Date(AT + 9000).toUTCString(), { kind: 'failed', reason: 'the webhook answered with status 503', retryAfterMs: 9000 }],
    [503, new Date(AT - 9000).toUTCString(), { kind: 'failed', reason: 'the webhook answered with status 503', retryAfterMs: 0 }],
    [503, 'soon', { kind: 'failed', reason: 'the webhook answered with status 503' }],
  ])('%i with retry-after %s', (status, retryAfter, outcome) => {
    expect(judge(status, retryAfter, AT)).toEqual(outcome);
  });

  const failed = (retryAfterMs?: number) =>
    ({ kind: 'failed', reason: '', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }) as const;

  test.each([
    [failed(), 1, 500],
    [failed(), 2, 1000],
    [failed(), 3, 2000],
    [failed(), 4, undefined],
    [failed(3000), 1, 3000],
    [failed(120_000), 1, 120_000],
    [failed(120_001), 1, undefined],
    [{ kind: 'refused', reason: '' } as const, 1, undefined],
    [{ kind: 'delivered' } as const, 1, undefined],
  ])('%j after %i tries is sent again in %s ms', (outcome, tries, pauseMs) => {
    expect(pauseAfter(outcome, tries, () => 0.5)).toBe(pauseMs);
  });
});

describe('an alert', () => {
  test.each<readonly [AlertName, ClientEvents[AlertName], string]>([
    ['limit-near', NEAR, '90 % of a limit of group a of openai is spent: 42.5 of 500 requests a minute are left'],
    [
      'limit-near',
      { ...NEAR, model: 'm', windowMs: 7000 },
      '90 % of a limit of group a of openai for m is spent: 42.5 of 500 requests in 7 s are left',
    ],
    [
      'keys-exhausted',
      { provider: 'p', model: 'm', retryAt: AT },
      'no key of p can serve m in time: the next one can at 2026-01-01T00:00:00.000Z',
    ],
    ['keys-exhausted', { provider: 'p', model: 'm' }, 'no key of p can serve m in time: none comes back by itself soon'],
    ['key-invalidated', { provider: 'p', key: 'k', group: 'g', why: 'it was revoked' }, 'key k of p is dead: it was revoked'],
    [
      'budget-near',
      { budget: BUDGET, spent: 80.12345, share: 0.8 },
      '80 % of the budget of tenant acme is spent: 80.12 of 100 USD a month',
    ],
    [
      'budget-reached',
      { budget: BUDGET, spent: 100, until: AT },
      'the budget of tenant acme is spent: 100 of 100 USD a month, nothing more until 2026-01-01T00:00:00.000Z',
    ],
    [
      'keys-exhausted',
      { provider: 'p', model: '<!channel> @everyone a\nb' },
      'no key of p can serve !channel everyone a b in time: none comes back by itself soon',
    ],
  ])('of %s says what happened', (name, payload, sentence) => {
    const alert = toAlert(name, payload, AT, 0);
    expect(alert).toMatchObject({ alert: name, at: '2026-01-01T00:00:00.000Z', text: `keywheel: ${sentence}` });
    expect(Object.keys(alert)).not.toContain('suppressed');
  });

  test('has the facts of its event, and how many were left out', () => {
    expect(toAlert('limit-near', NEAR, AT, 3)).toMatchObject({ ...NEAR, suppressed: 3 });
  });

  test('is one line, whatever the names in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.double(), (text, number) => {
        const alert = toAlert('key-invalidated', { provider: text, key: text, group: text, why: text }, AT, 0);
        const other = toAlert('keys-exhausted', { provider: text, model: text, retryAt: number }, AT, 0);
        for (const value of [...Object.values(alert), ...Object.values(other)])
          expect(String(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

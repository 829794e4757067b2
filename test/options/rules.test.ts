import { describe, expect, test } from 'vitest';
import type { RuleOptions } from '../../src/options/types.ts';
import { KEY, refusal, resolve } from './support.ts';

const PROVIDERS = { openai: { keys: [KEY] }, mine: { protocol: 'openai', baseURL: 'https://mine.test', keys: [KEY + '2'] } };

function rulesOf(rules: readonly RuleOptions[]) {
  return Object.fromEntries(resolve({ providers: PROVIDERS, rules }).providers.map(({ provider }) => [provider.name, provider.rules]));
}

describe('rules', () => {
  test('are for the provider that they name, or for all, and keep their place', () => {
    const rules = rulesOf([
      { provider: 'mine', status: 503, class: 'rate_limited', holdMs: 5 },
      { match: 'a.b', class: 'overloaded', scope: 'route' },
    ]);
    expect(rules['openai']?.map(({ number }) => number)).toEqual([2]);
    expect(rules['mine']).toEqual([
      { number: 1, status: [503], match: undefined, class: 'rate_limited', scope: undefined, holdMs: 5 },
      { number: 2, status: undefined, match: /a\.b/i, class: 'overloaded', scope: 'route', holdMs: undefined },
    ]);
  });

  test('none given are none', () => {
    expect(rulesOf([])).toEqual({ openai: [], mine: [] });
  });

  test('a pattern loses what would make it remember', () => {
    const pattern = /X/giy;
    pattern.lastIndex = 5;
    expect(rulesOf([{ match: pattern, class: 'timeout' }])['mine']?.[0]?.match).toEqual(/X/i);
  });

  test.each<readonly [unknown, string]>([
    [{ class: 'rate_limit' }, `'rules.0.class' must be one of 'rate_limited', 'quota_exhausted', `],
    [{}, `'rules.0.class' is missing`],
    [
      { class: 'timeout', scope: 'team' },
      `'rules.0.scope' must be one of 'key', 'group', 'org', 'route', 'provider', 'request': current value is "team"`,
    ],
    [{ class: 'timeout', status: 99 }, `'rules.0.status' must be an HTTP status or an array of them: current value is 99`],
    [{ class: 'timeout', status: [] }, `'rules.0.status' must be an HTTP status or an array of them: current value is an array of 0`],
    [{ class: 'timeout', match: '' }, `'rules.0.match' must be a non-empty string: current value is ""`],
    [{ class: 'timeout', match: 5 }, `'rules.0.match' must be a non-empty string or a RegExp: current value is 5`],
    [{ class: 'timeout', holdMs: -1 }, `'rules.0.holdMs' must be a number of ms from 0: current value is -1`],
    [{ class: 'timeout', holdMs: Infinity }, `'rules.0.holdMs' must be a finite number: current value is Infinity`],
    [{ class: 'timeout', hold: 1 }, `'rules.0.hold' is no known option: did you mean 'holdMs'?`],
    [
      { class: 'timeout', provider: 'opnai' },
      `'rules.0.provider' is no provider of this client (did you mean 'openai'?): current value is "opnai"`,
    ],
    [5, `'rules.0' must be a rule: current value is 5`],
  ])('%j is refused', (rule, reason) => {
    expect(refusal(() => resolve({ rules: [rule] }))).toContain(reason);
  });
});

import type { Verdict } from '../../failure.ts';
import type { WireFailure } from '../../wire/types.ts';
import { classifyAnswer } from '../classify.ts';
import { readIds } from '../ids.ts';
import type { Provider } from '../provider.ts';
import type { Rule } from '../rules/rule.ts';
import type { Dialect } from './dialect.ts';

/**
 * What only OpenAI's codes say; the rest is general.
 * A deactivated account makes its key dead, not the keys of the whole organisation: an account is a person or a service who may be
 * one member of it. Another key of the account costs one attempt to find out; keys shut by mistake would cost a person's time.
 */
const RULES: readonly Rule[] = [
  // The 503 of this name is the provider's; as a 429 it is about the caller's own ramp.
  { status: [429], code: /^slow_down$/, class: 'rate_limited', scope: 'group', perModel: true, taken: 'rate limited' },
  {
    code: /^(mismatched|invalid)_(organization|project)$/,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'the key is not of the organisation or project that the request names',
  },
  {
    code: /^ip_not_(authorized|allowed)$|^ip_address_not_/,
    class: 'key_forbidden',
    scope: 'group',
    taken: 'not allowed from this address',
  },
  {
    status: [401, 403],
    code: /^(missing|insufficient)_(scopes?|permissions?)$/,
    class: 'key_forbidden',
    scope: 'key',
    taken: 'the key lacks a permission',
  },
  {
    status: [401, 403],
    says: /insufficient permissions for this operation|missing scopes/i,
    class: 'key_forbidden',
    scope: 'key',
    taken: 'the key lacks a permission',
  },
];

/** What a failure of OpenAI, or of a server that speaks its protocol, means. */
export function classify(
  failure: WireFailure,
  provider: Provider,
  now: number,
  dialect: Pick<Dialect, 'rules' | 'phases' | 'windows'>,
): Verdict {
  return classifyAnswer(failure, now, {
    rules: [...dialect.rules, ...RULES],
    ids: readIds(failure.headers),
    phases: dialect.phases,
    windows: dialect.windows,
    userRules: provider.rules,
  });
}

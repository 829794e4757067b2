import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { UserRule } from '../providers/rules/rule.ts';
import type { ResolvedProvider } from './providers.ts';
import { suggest } from './suggest.ts';
import type { RuleOptions } from './types.ts';

/** Gives each provider the user's rules that are for it. Throws `ConfigError` for a provider that the client does not have. */
export function withRules(providers: readonly ResolvedProvider[], given: readonly RuleOptions[]): readonly ResolvedProvider[] {
  const names = providers.map(({ provider }) => provider.name);
  for (const [index, { provider }] of given.entries()) if (provider !== undefined) assertKnown(provider, index, names);
  if (given.length === 0) return providers;
  const rules = given.map((rule, index) => [rule.provider, toRule(rule, index + 1)] as const);
  return providers.map((resolved) => {
    const own = rules.filter(([name]) => name === undefined || name === resolved.provider.name).map(([, rule]) => rule);
    return { ...resolved, provider: { ...resolved.provider, rules: own } };
  });
}

function assertKnown(name: string, index: number, names: readonly string[]): void {
  if (names.includes(name)) return;
  const meant = suggest(name, names);
  throw new ConfigError(
    `Cannot create the client as 'rules.${index}.provider' is no provider of this client (${meant === undefined ? `it has ${names.join(', ')}` : `did you mean '${meant}'?`}): current value is ${toShown(name)}`,
  );
}

function toRule({ status, match, scope, holdMs, class: failure }: RuleOptions, number: number): UserRule {
  return {
    number,
    status: typeof status === 'number' ? [status] : status,
    match: match === undefined ? undefined : toPattern(match),
    class: failure,
    scope,
    holdMs,
  };
}

/** `g` and `y` would make a pattern remember where it found something last. */
function toPattern(match: string | RegExp): RegExp {
  if (typeof match === 'string') return new RegExp(match.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`), 'i');
  return new RegExp(match.source, match.flags.replaceAll(/[gy]/g, ''));
}

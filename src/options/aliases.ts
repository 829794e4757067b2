import { ConfigError } from '../errors.ts';
import type { AliasOptions, Balance, PriceOptions } from './types.ts';

/** One target of an alias, resolved. */
export interface AliasTarget {
  readonly name: string;
  readonly weight: number;
  readonly price: PriceOptions | undefined;
}

/** How an alias balances its targets. */
export interface Balancing {
  readonly by: Balance;
  /** As many as the alias has targets, in their order. */
  readonly targets: readonly AliasTarget[];
}

type AliasLike = string | readonly string[] | AliasOptions;

/** The targets' names of each alias, in their order. */
export function resolveModels(given: Readonly<Record<string, AliasLike>>): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(given).map(([alias, targets]) => [alias, namesOf(targets)]));
}

/** Aliases that do not ask their targets in order. Throws `ConfigError` for one that balances by what nobody said. */
export function resolveBalances(given: Readonly<Record<string, AliasLike>>): ReadonlyMap<string, Balancing> {
  return new Map(
    Object.entries(given).flatMap(([alias, options]) => {
      if (!isBalanced(options)) return [];
      const by = options.balance ?? 'order';
      if (by === 'order') return [];
      const targets = options.targets.map((target) =>
        typeof target === 'string'
          ? { name: target, weight: 1, price: undefined }
          : { name: target.model, weight: target.weight ?? 1, price: target.price },
      );
      if (by === 'cost') assertPriced(alias, targets);
      return [[alias, { by, targets }] as const];
    }),
  );
}

function namesOf(targets: AliasLike): readonly string[] {
  if (typeof targets === 'string') return [targets];
  if (!isBalanced(targets)) return targets;
  return targets.targets.map((target) => (typeof target === 'string' ? target : target.model));
}

function isBalanced(targets: AliasLike): targets is AliasOptions {
  return typeof targets === 'object' && !Array.isArray(targets);
}

function assertPriced(alias: string, targets: readonly AliasTarget[]): void {
  const at = targets.findIndex(({ price }) => price === undefined);
  if (at < 0) return;
  throw new ConfigError(`Cannot create the client as 'models.${alias}.targets.${at}.price' is missing, which balance 'cost' needs`);
}

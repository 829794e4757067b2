import type { Bound } from '../budget.ts';
import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';

/**
 * The most that may be spent in a day or month (by UTC's calendar): one of `usd`, `tokens` and `calls`. What an answer spent counts when it is
 * over; what failed, was aborted or came from the cache counts nothing. While calls are under way what they are expected to spend is reserved.
 */
export interface BudgetOptions {
  /** What its answers cost. Answers whose price is not known count nothing. */
  readonly usd?: number | undefined;
  /** Input and output together. Answers whose provider did not count them count nothing. */
  readonly tokens?: number | undefined;
  /** Answers of a key or group; answered calls of a tag or tenant, however many attempts they took. */
  readonly calls?: number | undefined;
  readonly per: 'day' | 'month';
  /** Shares, above 0 and below 1, at which the event `budget-near` is told. @default [0.8] */
  readonly near?: readonly number[] | undefined;
}

/** One budget, or several that all hold. */
export type BudgetLike = BudgetOptions | readonly BudgetOptions[];

/**
 * Budgets beside those of keys, by name. `'*'` is a budget of its own for each that has none by name; when 10,000 names of a kind have spent of
 * theirs, those that come after share one.
 */
export interface BudgetsOptions {
  /** By the name that keys declare, whichever providers they are of. Reached: its keys are held until the period ends. @default none */
  readonly groups?: Readonly<Record<string, BudgetLike>> | undefined;
  /**
   * By `name=value` of a call's `tags`, or `name=*` (or `name`): each value its own. Reached: such calls are refused with `BudgetError`
   * until the period ends. @default none
   */
  readonly tags?: Readonly<Record<string, BudgetLike>> | undefined;
  /** By a call's `tenant`. Reached: their calls are refused with `BudgetError` until the period ends. @default none */
  readonly tenants?: Readonly<Record<string, BudgetLike>> | undefined;
}

/** Budgets of one kind: by name, and for each that has none by name. */
export interface NamedBounds {
  readonly named: ReadonlyMap<string, readonly Bound[]>;
  readonly each: readonly Bound[];
}

/** Resolved: tags by their name. */
export interface BudgetsSettings {
  readonly groups: NamedBounds;
  readonly tags: ReadonlyMap<string, NamedBounds>;
  readonly tenants: NamedBounds;
}

const NEAR: readonly number[] = [0.8];
/** A tag's name, and the value where one is named. */
const TAG = /^([^=]+)(?:=(.+))?$/s;

/** Where a budget was given, and whether anything has a price. */
export interface BudgetPlace {
  readonly task: string;
  readonly priced: boolean;
}

/** Checks and completes the budgets of groups, tags and tenants. Throws `ConfigError`. */
export function resolveBudgets(given: BudgetsOptions, priced: boolean): BudgetsSettings {
  const place = { task: 'create the client', priced };
  return {
    groups: resolveNamed(given.groups ?? {}, 'budgets.groups', place),
    tags: resolveTags(given.tags ?? {}, place),
    tenants: resolveNamed(given.tenants ?? {}, 'budgets.tenants', place),
  };
}

/** `path` names the budget in messages. */
export function resolveBudget(given: BudgetLike, path: string, place: BudgetPlace): readonly Bound[] {
  const bounds = toList(given).map((budget) => toBound(budget));
  const seen = new Set<string>();
  for (const { counts, per } of bounds) {
    if (counts === 'usd' && !place.priced) {
      throw new ConfigError(`Cannot ${place.task} as '${path}' is in USD, which needs prices: current value of 'prices' is false`);
    }
    const name = `${counts} a ${per}`;
    if (seen.has(name)) {
      throw new ConfigError(
        `Cannot ${place.task} as budgets of '${path}' differ in what they count or in their period: current value is two of ${name}`,
      );
    }
    seen.add(name);
  }
  return bounds;
}

function resolveNamed(given: Readonly<Record<string, BudgetLike>>, path: string, place: BudgetPlace): NamedBounds {
  const named = new Map<string, readonly Bound[]>();
  for (const [name, budget] of Object.entries(given)) named.set(name, resolveBudget(budget, `${path}.${name}`, place));
  const each = named.get('*') ?? [];
  named.delete('*');
  return { named, each };
}

function resolveTags(given: Readonly<Record<string, BudgetLike>>, place: BudgetPlace): BudgetsSettings['tags'] {
  const tags = new Map<string, { readonly named: Map<string, readonly Bound[]>; each: readonly Bound[] | undefined }>();
  for (const [form, budget] of Object.entries(given)) {
    const [, tag, value = '*'] = TAG.exec(form) ?? [];
    if (tag === undefined || tag === '*') {
      throw new ConfigError(
        `Cannot ${place.task} as the names in 'budgets.tags' must be 'name=value', 'name=*' or 'name': current value is ${toShown(form)}`,
      );
    }
    const bounds = resolveBudget(budget, `budgets.tags.${form}`, place);
    const known = tags.get(tag) ?? { named: new Map<string, readonly Bound[]>(), each: undefined };
    tags.set(tag, known);
    if (value !== '*') known.named.set(value, bounds);
    else if (known.each === undefined) known.each = bounds;
    else {
      throw new ConfigError(`Cannot ${place.task} as '${tag}' and '${tag}=*' in 'budgets.tags' are the same: current value is both`);
    }
  }
  return new Map([...tags].map(([tag, { named, each }]) => [tag, { named, each: each ?? [] }]));
}

function toList(given: BudgetLike): readonly BudgetOptions[] {
  return 'per' in given ? [given] : given;
}

function toBound({ usd, tokens, calls, per, near = NEAR }: BudgetOptions): Bound {
  const shares = [...new Set(near)].toSorted((a, b) => a - b);
  if (usd !== undefined) return { counts: 'usd', limit: usd, per, near: shares };
  if (tokens !== undefined) return { counts: 'tokens', limit: tokens, per, near: shares };
  // The schema says that there is exactly one.
  return { counts: 'calls', limit: calls ?? 0, per, near: shares };
}

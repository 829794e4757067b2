import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import { type AlertSettings, resolveAlerts } from './alerts.ts';
import { type BudgetsSettings, resolveBudgets } from './budgets.ts';
import { type LogSettings, resolveLog } from './log.ts';
import type { PricesOptions } from './prices.ts';
import { type Balancing, resolveBalances, resolveModels } from './aliases.ts';
import { type ResolvedProvider, resolveProviders } from './providers.ts';
import { withRules } from './rules.ts';
import { checkClientOptions } from './schema.ts';
import type { CacheOptions, ClientOptions, RetryOptions } from './types.ts';

/** Every default of the client, in one place. The docs of `ClientOptions` say the same; a test compares them. */
export const DEFAULTS = {
  retry: { attempts: 4, timeoutMs: 600_000, maxWaitMs: 60_000, invalidOutput: 1 },
  cache: { ttlMs: 3_600_000, staleMs: 0, staleAfterMs: 0, maxEntries: 1000, maxBytes: 67_108_864, namespace: 'keywheel' },
  maxRotations: 8,
  connectTimeoutMs: 10_000,
  firstTokenTimeoutMs: Infinity,
  idleTimeoutMs: 120_000,
  fallbackAfterMs: 1000,
  limitNear: [0.9],
  prices: true,
  fetchUnknown: 'pass',
} as const;

/** A client's options, resolved: nothing is `undefined` where there is a default. */
export interface Settings {
  readonly providers: readonly ResolvedProvider[];
  /** Alias to the targets' names. */
  readonly models: ReadonlyMap<string, readonly string[]>;
  /** Aliases that balance their targets, and how. */
  readonly balances: ReadonlyMap<string, Balancing>;
  /** `undefined` when answers are not kept. */
  readonly cache:
    | ({ readonly [Field in keyof Omit<CacheOptions, 'store'>]-?: NonNullable<CacheOptions[Field]> } & Pick<CacheOptions, 'store'>)
    | undefined;
  readonly retry: { readonly [Field in keyof RetryOptions]-?: NonNullable<RetryOptions[Field]> };
  readonly maxRotations: number;
  readonly connectTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly fallbackAfterMs: number;
  readonly limitNear: readonly number[];
  readonly prices: boolean | PricesOptions;
  readonly budgets: BudgetsSettings;
  readonly log: LogSettings | undefined;
  readonly alerts: readonly AlertSettings[];
  readonly fetchUnknown: 'pass' | 'refuse';
  readonly dispatcher: ClientOptions['dispatcher'];
  readonly fetch: ClientOptions['fetch'];
  readonly clock: Clock;
  readonly random: Random;
}

/** Checks and completes a client's options. Throws `ConfigError`. */
export function resolveOptions(given: ClientOptions | undefined): Settings {
  const options = checkClientOptions(given ?? {});
  const { dispatcher, fetch } = options;
  if (dispatcher !== undefined && fetch !== undefined) {
    throw new ConfigError("Cannot create the client as 'dispatcher' and 'fetch' exclude each other: current value is both");
  }
  return {
    providers: withRules(resolveProviders(options.providers, options.env ?? process.env, options.prices !== false), options.rules ?? []),
    models: resolveModels(options.models ?? {}),
    balances: resolveBalances(options.models ?? {}),
    cache: resolveCache(options.cache ?? false),
    retry: { ...DEFAULTS.retry, ...defined(options.retry ?? {}) },
    maxRotations: options.maxRotations ?? DEFAULTS.maxRotations,
    connectTimeoutMs: options.connectTimeoutMs ?? DEFAULTS.connectTimeoutMs,
    firstTokenTimeoutMs: options.firstTokenTimeoutMs ?? DEFAULTS.firstTokenTimeoutMs,
    idleTimeoutMs: options.idleTimeoutMs ?? DEFAULTS.idleTimeoutMs,
    fallbackAfterMs: options.fallbackAfterMs ?? DEFAULTS.fallbackAfterMs,
    limitNear: options.limitNear ?? DEFAULTS.limitNear,
    prices: options.prices ?? DEFAULTS.prices,
    budgets: resolveBudgets(options.budgets ?? {}, options.prices !== false),
    log: options.log === undefined ? undefined : resolveLog(options.log),
    alerts: resolveAlerts(options.alerts ?? []),
    fetchUnknown: options.fetchUnknown ?? DEFAULTS.fetchUnknown,
    dispatcher,
    fetch,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  };
}

function resolveCache(given: boolean | CacheOptions): Settings['cache'] {
  if (given === false) return undefined;
  const { store, ...options } = given === true ? {} : given;
  return { ...DEFAULTS.cache, ...defined(options), ...(store === undefined ? {} : { store }) };
}

/** Leaves out what was given as `undefined`, which means the default. */
function defined<T extends object>(given: T): { [Field in keyof T]?: Exclude<T[Field], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Field in keyof T]?: Exclude<T[Field], undefined>;
  };
}

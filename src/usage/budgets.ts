import type { Bound, BudgetSnapshot } from '../budget.ts';
import type { Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { BudgetsSettings, NamedBounds } from '../options/budgets.ts';
import type { Estimates, Size } from '../pool/quota/estimates.ts';
import type { PurseAccount, PurseAccounts } from '../pool/keys/purse.ts';
import type { TokenCounts } from '../report.ts';
import type { Account } from './budgets-account.ts';
import { Admission, type Claim } from './budgets-admission.ts';
import { KeyAccount } from './budgets-key.ts';
import { type Measure, measuresOf } from './budgets-measure.ts';
import { Accounts } from './budgets-store.ts';
import type { Prices } from './prices.ts';

/** What budgets need to know of the rest of the client. */
export interface BudgetsTools {
  readonly clock: Clock;
  readonly events: Events;
  readonly prices: Pick<Prices, 'ready' | 'load' | 'costOf'>;
  readonly estimates: Pick<Estimates, 'expected'>;
  /** The base URL of a provider. */
  readonly addressOf: (provider: string) => string;
}

/** `client.budgets()` shows no more. */
const MOST_SHOWN = 1000;

/** What may still be spent: by keys and groups, of which the pool asks, and by tags and tenants, of which the layer `budget` does. */
export class Budgets implements PurseAccounts {
  readonly #settings: BudgetsSettings;
  readonly #tools: BudgetsTools;
  readonly #measures: ReturnType<typeof measuresOf>;
  readonly #keys: Accounts;
  readonly #groups: Accounts;
  readonly #tags: ReadonlyMap<string, Accounts>;
  readonly #tenants: Accounts;
  readonly #ofPool = new WeakMap<Account, KeyAccount>();
  #inUsd: boolean;

  constructor(settings: BudgetsSettings, tools: BudgetsTools) {
    const { events } = tools;
    const { groups, tags, tenants } = settings;
    this.#settings = settings;
    this.#tools = tools;
    this.#measures = measuresOf(tools.prices, tools.addressOf);
    this.#keys = new Accounts('key', events);
    this.#groups = opened(new Accounts('group', events), groups.named);
    this.#tenants = opened(new Accounts('tenant', events), tenants.named);
    this.#tags = new Map(
      [...tags].map(([tag, { named }]) => [
        tag,
        opened(new Accounts('tag', events), new Map([...named].map(([value, bounds]) => [`${tag}=${value}`, bounds]))),
      ]),
    );
    this.#inUsd = [groups, tenants, ...tags.values()].some(countsUsd);
  }

  /** Prices that a call has to wait for, as nobody could say what it is about to spend. */
  get loading(): Promise<void> | undefined {
    return this.#inUsd && !this.#tools.prices.ready ? this.#tools.prices.load() : undefined;
  }

  /** What a call draws on besides its key, reserved; `undefined` for none. Throws, or rejects with, `BudgetError`. */
  admit(call: Call, sizeOf: (call: Call) => Size): Admission | Promise<Admission> | undefined {
    const accounts = this.#accountsOf(call);
    if (accounts.length === 0) return undefined;
    const expected = once(() => this.#expected(call, sizeOf));
    const claims = accounts.map((account) => this.#claim(account, expected));
    return new Admission(call, claims, this.#tools.clock).enter();
  }

  ofKey(id: string, bounds: readonly Bound[]): readonly PurseAccount[] {
    if (bounds.length === 0) return [];
    this.#inUsd ||= bounds.some(({ counts }) => counts === 'usd');
    this.#keys.sweep(this.#tools.clock.now());
    return this.#keys.open(id, bounds).map((account) => this.#toPool(account));
  }

  ofGroup(name: string): readonly PurseAccount[] {
    return this.#find(this.#groups, this.#settings.groups, name, name).map((account) => this.#toPool(account));
  }

  /** The nearest to their end first. */
  list(): BudgetSnapshot[] {
    const now = this.#tools.clock.now();
    const all = [this.#keys, this.#groups, ...this.#tags.values(), this.#tenants].flatMap((accounts) => [...accounts.all()]);
    // Those of keys that are gone are kept for when these come back.
    const shown = all.filter(({ budget, uses }) => budget.of !== 'key' || uses > 0).map((account) => account.snapshot(now));
    return shown.toSorted((a, b) => b.spent / b.limit - a.spent / a.limit).slice(0, MOST_SHOWN);
  }

  #accountsOf({ settings: { tenant }, trace: { tags } }: Call): readonly Account[] {
    const { tags: ofTags, tenants } = this.#settings;
    if (ofTags.size === 0 && tenant === undefined) return [];
    const found: Account[] = [];
    if (tenant !== undefined) found.push(...this.#find(this.#tenants, tenants, tenant, tenant));
    for (const [tag, bounds] of ofTags) {
      const value = Object.hasOwn(tags, tag) ? tags[tag] : undefined;
      const accounts = this.#tags.get(tag);
      if (value !== undefined && accounts !== undefined) found.push(...this.#find(accounts, bounds, value, `${tag}=${value}`, `${tag}=`));
    }
    return found;
  }

  #find(accounts: Accounts, { named, each }: NamedBounds, name: string, fullName: string, prefix = ''): readonly Account[] {
    const bounds = named.get(name) ?? each;
    return bounds.length === 0 ? [] : accounts.of(fullName, bounds, this.#tools.clock.now(), `${prefix}(others)`);
  }

  #claim(account: Account, expected: () => readonly [string, string, TokenCounts]): Claim {
    const { counts } = account.budget;
    const measure = this.#measures[counts];
    const now = this.#tools.clock.now();
    return {
      account,
      amount: counts === 'calls' ? () => 1 : once(() => measure(...expected(), now)),
      spent: counts === 'usd' ? costOf : tokensOf,
    };
  }

  /** By the first target: which one will answer is not known yet. */
  #expected(call: Call, sizeOf: (call: Call) => Size): readonly [string, string, TokenCounts] {
    const [target] = call.targets;
    if (target === undefined) return ['', '', { input: 0, output: 0 }];
    const { provider, model } = target;
    return [provider.name, model, this.#tools.estimates.expected(provider.name, model, sizeOf(call))];
  }

  #toPool(account: Account): KeyAccount {
    let known = this.#ofPool.get(account);
    if (known === undefined) {
      const measure: Measure = this.#measures[account.budget.counts];
      known = new KeyAccount(account, measure, this.#tools.estimates);
      this.#ofPool.set(account, known);
    }
    return known;
  }
}

function opened(accounts: Accounts, named: ReadonlyMap<string, readonly Bound[]>): Accounts {
  // Those that somebody named are never forgotten.
  for (const [name, bounds] of named) for (const account of accounts.open(name, bounds)) account.uses += 1;
  return accounts;
}

function countsUsd({ named, each }: NamedBounds): boolean {
  return [...named.values(), each].some((bounds) => bounds.some(({ counts }) => counts === 'usd'));
}

function tokensOf({ trace }: Call, begun: number): number {
  return trace.attempts.slice(begun).reduce((sum, { tokens }) => sum + (tokens?.input ?? 0) + (tokens?.output ?? 0), 0);
}

function costOf({ trace }: Call, begun: number): number {
  return trace.attempts.slice(begun).reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

import { Alerts } from '../alerts/alerts.ts';
import type { Answer, Call } from '../call.ts';
import type { Events } from '../events.ts';
import { tellAttempt } from '../layers/observe.ts';
import { Log } from '../log/log.ts';
import type { Standing } from '../metrics/families.ts';
import { Metrics } from '../metrics/metrics.ts';
import type { Settings } from '../options/resolve.ts';
import type { Pool } from '../pool/pool.ts';
import type { Trace } from '../trace.ts';
import { Budgets } from '../usage/budgets.ts';
import { Ledger } from '../usage/ledger.ts';
import { Prices } from '../usage/prices.ts';
import type { Ended, Watcher } from '../watcher.ts';
import type { Wire } from '../wire/index.ts';
import { hideIn, knownSecrets } from './secrets.ts';

type Attempt = Trace['attempts'][number];

/** Everybody who keeps account of a client's calls, and the prices that they need. */
export class Watching implements Watcher {
  readonly prices: Prices;
  readonly ledger: Ledger;
  readonly budgets: Budgets;
  readonly metrics: Metrics;
  /** Takes the client's secrets out of what a caller or a provider wrote. */
  readonly hide: (written: unknown) => unknown;
  readonly #events: Events;
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #log: Log | undefined;
  readonly #alerts: Alerts;

  constructor(settings: Settings, events: Events, wire: Wire, pool: Pool, standing: () => Standing) {
    const { clock, random } = settings;
    this.#events = events;
    this.#addresses = new Map(settings.providers.map(({ provider }) => [provider.name, provider.baseURL]));
    this.prices = new Prices(settings.prices);
    this.ledger = new Ledger(clock);
    this.budgets = new Budgets(settings.budgets, {
      clock,
      events,
      prices: this.prices,
      estimates: pool.estimates,
      addressOf: (provider) => this.#addresses.get(provider) ?? '',
    });
    // Before any key comes, as each is asked for its budgets then.
    pool.ring.countedBy(this.budgets);
    this.metrics = new Metrics(standing);
    const secrets = knownSecrets(settings, pool);
    this.hide = (written) => hideIn(written, secrets);
    this.#log = settings.log === undefined ? undefined : new Log(settings.log, { clock, events, secrets });
    this.#alerts = new Alerts(settings.alerts, { clock, random, events, wire, secrets });
  }

  attempted(call: Call, attempt: Attempt): void {
    if (this.prices.ready || attempt.tokens === undefined) this.#book(call, attempt);
    // An answer that is here before the prices waits for them: see `priced`.
    else void this.prices.load().then(() => this.#book(call, attempt));
  }

  ended(call: Call, as: Ended, answer: Answer | undefined, error: unknown): void {
    this.ledger.ended(call, as, answer, error);
    this.metrics.ended(call, as, answer, error);
    this.#log?.ended(call, as, answer, error);
  }

  async close(): Promise<void> {
    // An answer that came before its price is still to be told.
    await this.prices.settled();
    this.metrics.close();
    await Promise.all([this.#log?.close(), this.#alerts.close()]);
  }

  #book(call: Call, attempt: Attempt): void {
    const { provider, model, tokens, startedAt } = attempt;
    if (tokens !== undefined) {
      const baseURL = this.#addresses.get(provider) ?? '';
      const costUsd = this.prices.costOf({ provider, baseURL, model }, tokens, startedAt);
      if (costUsd !== undefined) attempt.costUsd = costUsd;
    } else if (isFree(call) && attempt.class === 'ok') attempt.costUsd = 0;
    this.ledger.attempted(call, attempt);
    this.metrics.attempted(call, attempt);
    this.#log?.attempted(call, attempt);
    tellAttempt(this.#events, call, attempt);
  }
}

/** To look costs nothing. */
function isFree({ asked }: Call): boolean {
  return asked.operation === 'models' || (asked.operation === 'fetch' && asked.request.method === 'GET');
}

import type { Answer, Call } from '../call.ts';
import type { AttemptReport } from '../report.ts';
import type { Ended, Watcher } from '../watcher.ts';
import { type Family, toText } from './family.ts';
import { countedFamilies, presentFamilies, type Standing } from './families.ts';
import { type MetricsRegistry, register, type Sharing } from './registry.ts';
import { AllSeries } from './series.ts';

export type { MetricsRegistry } from './registry.ts';

/**
 * Prometheus metrics of one client. Calls and attempts are counted as they end, always; keys and limits are looked at when somebody asks.
 * The labels are bounded: providers are those of the options, of each the first 100 models have series of their own and the others share
 * one; no id of a call or key, no tag and no tenant is a label.
 */
export class Metrics implements Watcher {
  readonly #series = new AllSeries();
  readonly #standing: () => Standing;
  /** `undefined` once the client is closed: nobody would take it out again. */
  #registries: Set<Sharing> | undefined = new Set();
  #scrape: readonly Family[] | undefined;

  constructor(standing: () => Standing) {
    this.#standing = standing;
  }

  attempted({ trace }: Call, attempt: AttemptReport): void {
    this.#series.of(attempt.provider, attempt.model, trace.beginning.operation).attempted(attempt);
  }

  ended({ trace, targets, asked }: Call, as: Ended, _answer: Answer | undefined, _error: unknown): void {
    const { source = trace.decisive, startedAt, firstTokenAt, endedAt = startedAt, waitedMs } = trace;
    // A call that ended before its first attempt was for its first target.
    const provider = source?.provider ?? targets[0]?.provider.name ?? '';
    const model = source?.model ?? targets[0]?.model ?? asked.request.model;
    const series = this.#series.of(provider, model, asked.operation);
    series.ended(as, trace.cache, { durationMs: endedAt - startedAt, waitedMs });
    if (firstTokenAt !== undefined) series.began(firstTokenAt - startedAt);
  }

  /** In Prometheus' text format. With a registry they are registered there too, unless they are, or the client is closed. */
  text(registry?: MetricsRegistry): string {
    if (registry !== undefined) this.#registries?.add(register(registry, this));
    return toText(this.#families());
  }

  /** As it is in this turn: a registry asks for one metric after the other, and they are put together once. */
  get scrape(): readonly Family[] {
    if (this.#scrape === undefined) {
      this.#scrape = this.#families();
      queueMicrotask(() => (this.#scrape = undefined));
    }
    return this.#scrape;
  }

  /** Takes them out of every registry: programs that make and close clients keep none of them there. */
  close(): void {
    for (const sharing of this.#registries ?? []) sharing.leave(this);
    this.#registries = undefined;
  }

  #families(): readonly Family[] {
    return [...countedFamilies([...this.#series.all()]), ...presentFamilies(this.#standing())];
  }
}

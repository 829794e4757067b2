import { toPrintable } from '../printable.ts';
import type { AttemptReport, CacheStatus, CallReport } from '../report.ts';
import type { Ended } from '../watcher.ts';
import type { Labels } from './family.ts';
import { Histogram } from './histogram.ts';

/** What stands for every model beyond the first of a provider: names come from callers, and a series is kept for ever. */
const OTHERS = '(others)';

/** Models of one provider that have series of their own. */
const MOST_MODELS = 100;
/** A longer name is no model's. */
const LONGEST_NAME = 200;

type Operation = CallReport['operation'];

/** What is counted of one provider, model and operation. */
export class Series {
  readonly labels: Labels;
  readonly calls = new Map<Ended, number>();
  readonly attempts = new Map<AttemptReport['class'], number>();
  readonly tokens = new Map<string, number>();
  readonly cache = new Map<CacheStatus, number>();
  costUsd: number | undefined;
  // Made when there is something to count: most models see few operations and fewer kinds of ends.
  answered: Histogram | undefined;
  failed: Histogram | undefined;
  waited: Histogram | undefined;
  firstToken: Histogram | undefined;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  attempted({ class: end, tokens, costUsd }: AttemptReport): void {
    count(this.attempts, end);
    if (costUsd !== undefined) this.costUsd = (this.costUsd ?? 0) + costUsd;
    if (tokens === undefined) return;
    count(this.tokens, 'input', tokens.input);
    count(this.tokens, 'output', tokens.output);
    if (tokens.cached !== undefined) count(this.tokens, 'cached', tokens.cached);
    if (tokens.cacheWrite !== undefined) count(this.tokens, 'cache_write', tokens.cacheWrite);
    if (tokens.reasoning !== undefined) count(this.tokens, 'reasoning', tokens.reasoning);
  }

  ended(as: Ended, cache: CacheStatus, times: { readonly durationMs: number; readonly waitedMs: number }): void {
    count(this.calls, as);
    if (cache !== 'off') count(this.cache, cache);
    if (as === 'ok') (this.answered ??= new Histogram()).observe(times.durationMs);
    else (this.failed ??= new Histogram()).observe(times.durationMs);
    (this.waited ??= new Histogram()).observe(times.waitedMs);
  }

  began(firstTokenMs: number): void {
    (this.firstToken ??= new Histogram()).observe(firstTokenMs);
  }
}

/** The series of one provider's models, as many as there may be. */
class Models {
  readonly #provider: string;
  readonly #models = new Map<string, Map<Operation, Series>>();
  readonly #others = new Map<Operation, Series>();

  constructor(provider: string) {
    this.#provider = provider;
  }

  of(model: string, operation: Operation): Series {
    const operations = this.#models.get(model) ?? this.#open(model);
    return operations.get(operation) ?? this.#add(operations, model, operation);
  }

  *all(): Generator<Series> {
    for (const operations of this.#models.values()) yield* operations.values();
    yield* this.#others.values();
  }

  /** Also for names that look alike in print, and for those that have no series of their own: asked again by each of their calls. */
  #open(model: string): Map<Operation, Series> {
    if (model.length > LONGEST_NAME) return this.#others;
    const label = toPrintable(model, LONGEST_NAME);
    const known = label === OTHERS ? this.#others : this.#models.get(label);
    if (known !== undefined) return known;
    if (this.#models.size >= MOST_MODELS) return this.#others;
    const operations = new Map<Operation, Series>();
    this.#models.set(label, operations);
    return operations;
  }

  #add(operations: Map<Operation, Series>, model: string, operation: Operation): Series {
    const label = operations === this.#others ? OTHERS : toPrintable(model, LONGEST_NAME);
    const series = new Series({ provider: this.#provider, model: label, operation });
    operations.set(operation, series);
    return series;
  }
}

/** Every series of a client. Providers are those of its options, so that only the models need a bound. */
export class AllSeries {
  readonly #providers = new Map<string, Models>();

  of(provider: string, model: string, operation: Operation): Series {
    let models = this.#providers.get(provider);
    if (models === undefined) {
      models = new Models(provider);
      this.#providers.set(provider, models);
    }
    return models.of(model, operation);
  }

  *all(): Generator<Series> {
    for (const models of this.#providers.values()) yield* models.all();
  }
}

function count<Key>(counts: Map<Key, number>, key: Key, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

import type { Answer, Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import { isCharged } from '../trace.ts';
import type { AttemptReport } from '../report.ts';
import type { Ended, Watcher } from '../watcher.ts';
import { type Cell, toParts } from './cell.ts';
import { binOf } from './durations.ts';
import { History, type Stretch } from './history.ts';
import { readQuery, type ReadQuery } from './query.ts';
import { Table } from './table.ts';
import type { UsageQuery, UsageRow } from './usage.ts';
import { MOST_NAMES, type Window } from './window.ts';

/** Bin of a duration that there is not. */
const NONE = -1;

/** So many names of models of a provider are put together once. */
const MOST_MODELS = 1000;

/** Who used what, over minutes, hours and days, in bounded memory. */
export class Ledger implements Watcher {
  readonly #clock: Clock;
  readonly #history: History;
  /** `provider/model` by model by provider: to make it anew costs more than to count by it. */
  readonly #models = new Map<string, Map<string, string>>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#history = new History(clock.now());
  }

  /** How much of the past it holds, in cells: a number that is bounded. */
  get size(): number {
    return this.#history.size;
  }

  attempted(call: Call, attempt: AttemptReport): void {
    const { class: end, tokens, costUsd } = attempt;
    const cost = costUsd === undefined ? 0 : toParts(costUsd);
    const unpriced = costUsd === undefined && isCharged(attempt);
    const count = (cell: Cell): void => cell.countAttempt(end, tokens, cost, unpriced);
    this.#eachCell(call, attempt, count);
  }

  ended(call: Call, as: Ended, _answer: Answer | undefined, _error: unknown): void {
    const { trace } = call;
    const { source, startedAt, endedAt, firstTokenAt } = trace;
    const answered = as === 'ok';
    const cached = source !== undefined;
    const isTimed = answered && !cached;
    const latency = isTimed && endedAt !== undefined ? binOf(endedAt - startedAt) : NONE;
    const firstToken = isTimed && firstTokenAt !== undefined ? binOf(firstTokenAt - startedAt) : NONE;
    const count = (cell: Cell): void => cell.countCall(answered, answered && cached, latency, firstToken);
    this.#eachCell(call, source ?? trace.decisive, count);
  }

  /** Throws `ConfigError` for a query that is wrong. */
  usage(query: UsageQuery): readonly UsageRow[] {
    const read = readQuery(query);
    const now = this.#clock.now();
    if (read.since > now) return [];
    const { per } = read;
    const used = per ?? this.#history.finest(read.since, now);
    const from = this.#history.from(used, read.since, now);
    const stretches = this.#history.stretches(used, from, now);
    if (per !== undefined) return stretches.flatMap((stretch) => toRows([stretch], read, stretch.at));
    return toRows(stretches, read, Math.max(from, this.#history.began));
  }

  /** Counts in each dimension: in one cell of each, and in one for each tag. */
  #eachCell(call: Call, place: Place | undefined, count: (cell: Cell) => void): void {
    const window: Window = this.#history.current(this.#clock.now());
    const { trace, settings } = call;
    count(window.key.at(place?.key ?? '', MOST_NAMES));
    count(window.group.at(place?.group ?? '', MOST_NAMES));
    count(window.provider.at(place?.provider ?? '', MOST_NAMES));
    count(window.model.at(place === undefined ? '' : this.#modelOf(place.provider, place.model), MOST_NAMES));
    count(window.tenant.at(settings.tenant ?? '', MOST_NAMES));
    const names = Object.keys(trace.tags);
    if (names.length === 0) count(window.tag.at('', MOST_NAMES));
    for (const name of names) count(window.tag.at(`${name}=${trace.tags[name] ?? ''}`, MOST_NAMES));
  }

  #modelOf(provider: string, model: string): string {
    let models = this.#models.get(provider);
    if (models === undefined) this.#models.set(provider, (models = new Map<string, string>()));
    const known = models.get(model);
    if (known !== undefined) return known;
    if (models.size >= MOST_MODELS) models.clear();
    const name = `${provider}/${model}`;
    models.set(model, name);
    return name;
  }
}

/** Where a call or an attempt stands; an answer of the cache has no key. */
interface Place {
  readonly provider: string;
  readonly model: string;
  readonly key?: string;
  readonly group?: string;
}

/** The most used first. */
function toRows(stretches: readonly Stretch[], { dimension, prefix }: ReadQuery, since: number): readonly UsageRow[] {
  const sums = new Table();
  for (const { parts } of stretches) for (const part of parts) sums.add(part[dimension], MOST_NAMES);
  sums.trim(MOST_NAMES);
  return [...sums.cells]
    .filter(([name]) => name.startsWith(prefix))
    .toSorted(([a, one], [b, other]) => other.calls - one.calls || other.attempts - one.attempts || (a < b ? -1 : 1))
    .map(([name, cell]) => cell.toRow(name, since));
}

import type { FailureClass } from '../failure.ts';
import type { TokenCounts } from '../report.ts';
import { Durations } from './durations.ts';
import type { UsageRow } from './usage.ts';

/** Costs are summed in whole parts of a USD, so that sums do not depend on their order: a token costs thousands of them. */
export const PARTS_OF_USD = 1e10;

/** What one key, model, tag, … was used for in one window. */
export class Cell {
  calls = 0;
  answered = 0;
  cached = 0;
  ok = 0;
  failures: Partial<Record<FailureClass, number>> | undefined;
  input = 0;
  output = 0;
  cachedInput = 0;
  cacheWrite = 0;
  reasoning = 0;
  cost = 0;
  unpriced = 0;
  latency: Durations | undefined;
  firstToken: Durations | undefined;

  /** How much it was used, to compare it with others. */
  get use(): number {
    return this.calls + this.attempts;
  }

  get attempts(): number {
    return this.ok + Object.values(this.failures ?? {}).reduce((sum, failed) => sum + failed, 0);
  }

  countAttempt(end: 'ok' | FailureClass, tokens: TokenCounts | undefined, cost: number, unpriced: boolean): void {
    if (end === 'ok') this.ok += 1;
    else {
      const failures = (this.failures ??= {});
      failures[end] = (failures[end] ?? 0) + 1;
    }
    this.cost += cost;
    if (unpriced) this.unpriced += 1;
    if (tokens === undefined) return;
    this.input += tokens.input;
    this.output += tokens.output;
    this.cachedInput += tokens.cached ?? 0;
    this.cacheWrite += tokens.cacheWrite ?? 0;
    this.reasoning += tokens.reasoning ?? 0;
  }

  /** Bins of durations; -1 where there is none. */
  countCall(answered: boolean, cached: boolean, latencyBin: number, firstTokenBin: number): void {
    this.calls += 1;
    if (answered) this.answered += 1;
    if (cached) this.cached += 1;
    if (latencyBin >= 0) (this.latency ??= new Durations()).note(latencyBin);
    if (firstTokenBin >= 0) (this.firstToken ??= new Durations()).note(firstTokenBin);
  }

  add(other: Cell): void {
    this.calls += other.calls;
    this.answered += other.answered;
    this.cached += other.cached;
    this.ok += other.ok;
    for (const [end, failed] of Object.entries(other.failures ?? {})) {
      const failures: Partial<Record<string, number>> = (this.failures ??= {});
      failures[end] = (failures[end] ?? 0) + failed;
    }
    this.input += other.input;
    this.output += other.output;
    this.cachedInput += other.cachedInput;
    this.cacheWrite += other.cacheWrite;
    this.reasoning += other.reasoning;
    this.cost += other.cost;
    this.unpriced += other.unpriced;
    if (other.latency !== undefined) (this.latency ??= new Durations()).add(other.latency);
    if (other.firstToken !== undefined) (this.firstToken ??= new Durations()).add(other.firstToken);
  }

  /** Lets go of what only counting needs. Returns its size, in cells of counts alone. */
  settle(): number {
    return 1 + ((this.latency?.pack() ?? 0) + (this.firstToken?.pack() ?? 0)) / NUMBERS_OF_CELL;
  }

  toRow(name: string, since: number): UsageRow {
    const costUsd = this.cost / PARTS_OF_USD;
    const latencyMs = this.latency?.percentiles();
    const firstTokenMs = this.firstToken?.percentiles();
    return {
      name,
      since,
      calls: { total: this.calls, answered: this.answered, failed: this.calls - this.answered, cached: this.cached },
      attempts: { ...(this.ok === 0 ? {} : { ok: this.ok }), ...this.failures },
      tokens: {
        input: this.input,
        output: this.output,
        cached: this.cachedInput,
        cacheWrite: this.cacheWrite,
        reasoning: this.reasoning,
      },
      costUsd: this.unpriced > 0 ? undefined : costUsd,
      priced: { costUsd, unpriced: this.unpriced },
      ...(latencyMs === undefined ? {} : { latencyMs }),
      ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
    };
  }
}

/** Numbers of durations that take as much room as a cell's counts. */
const NUMBERS_OF_CELL = 32;

/** A cost as cells sum it. */
export function toParts(costUsd: number): number {
  return Math.round(costUsd * PARTS_OF_USD);
}

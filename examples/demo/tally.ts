import type { CallReport, Client, FailureClass } from 'keywheel';
import type { Answered } from './calls.ts';

const SECOND_MS = 1_000;

/** What has happened so far: counted from the client's answers and events. */
export class Tally {
  readonly total: number;
  readonly #startedAt = performance.now();
  readonly #durations: number[] = [];
  readonly #refused = new Map<FailureClass, number>();
  readonly #news: string[] = [];
  #endedAt: number | undefined;
  #reused = 0;
  /** A call that shows what a report is for. */
  telling: CallReport | undefined;
  readonly failures: unknown[] = [];

  constructor(total: number) {
    this.total = total;
  }

  /** Listens to the client. `tell` gets one line for whatever happens to a key. */
  follow(client: Client, tell: (line: string) => void): void {
    const say = (what: string): void => {
      const line = `${(this.elapsedMs / SECOND_MS).toFixed(1).padStart(4)} s  ${what}`;
      this.#news.push(line);
      tell(line);
    };
    client.on('attempt-failed', ({ attempt }) => {
      if (attempt.class === 'ok' || attempt.class === 'aborted') return;
      this.#refused.set(attempt.class, (this.#refused.get(attempt.class) ?? 0) + 1);
    });
    client.on('key-invalidated', ({ key, why }) => say(`${key} is out for good: ${why}`));
    client.on('key-held', ({ key, scope, group, until, why }) => {
      const who = scope === 'key' ? key : `group ${group}`;
      say(`${who} rests for ${toDuration(until - Date.now())}: ${why}`);
    });
    client.on('key-recovered', ({ key }) => say(`${key} serves again`));
  }

  answered({ ms, report }: Answered): void {
    this.#durations.push(ms);
    if (report.cache === 'hit' || report.cache === 'shared') this.#reused += 1;
    if (report.attempts.length > (this.telling?.attempts.length ?? 0)) this.telling = report;
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }

  end(): void {
    this.#endedAt = performance.now();
  }

  get elapsedMs(): number {
    return (this.#endedAt ?? performance.now()) - this.#startedAt;
  }

  get answeredCount(): number {
    return this.#durations.length;
  }

  /** Calls that cost no request: their answer was stored, or on its way to an equal call. */
  get reused(): number {
    return this.#reused;
  }

  /** Attempts that the provider refused, by what each was taken for. */
  get refused(): ReadonlyMap<FailureClass, number> {
    return this.#refused;
  }

  get news(): readonly string[] {
    return this.#news;
  }

  /** How long a share of the calls took at most, ms. */
  quantile(share: number): number {
    const sorted = this.#durations.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  }
}

/** `0.6 s`, `12 s`, `68 min`. */
export function toDuration(ms: number): string {
  const seconds = Math.max(0, ms) / SECOND_MS;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

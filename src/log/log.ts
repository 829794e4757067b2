import type { Answer, Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { LogOptions } from '../options/log.ts';
import type { AttemptReport } from '../report.ts';
import type { Ended, Watcher } from '../watcher.ts';

/** Writes a line of JSON for each call. */
export class Log implements Watcher {
  constructor(_options: LogOptions, _clock: Clock) {}

  attempted(_call: Call, _attempt: AttemptReport): void {}

  ended(_call: Call, _as: Ended, _answer: Answer | undefined, _error: unknown): void {}

  /** Writes what is left. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

import type { Answer, Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { AttemptReport } from '../report.ts';
import type { Ended, Watcher } from '../watcher.ts';
import type { UsageQuery, UsageRow } from './usage.ts';

/** Who used what, over minutes, hours and days, in bounded memory. */
export class Ledger implements Watcher {
  constructor(_clock: Clock) {}

  attempted(_call: Call, _attempt: AttemptReport): void {}

  ended(_call: Call, _as: Ended, _answer: Answer | undefined, _error: unknown): void {}

  /** Throws `ConfigError` for a query that is wrong. */
  usage(_query: UsageQuery): readonly UsageRow[] {
    return [];
  }
}

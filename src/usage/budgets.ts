import type { Answer, Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { BudgetsOptions } from '../options/budgets.ts';
import type { AttemptReport } from '../report.ts';
import type { Ended, Watcher } from '../watcher.ts';

/** What may still be spent. */
export class Budgets implements Watcher {
  constructor(_options: BudgetsOptions, _clock: Clock, _events: Events) {}

  attempted(_call: Call, _attempt: AttemptReport): void {}

  ended(_call: Call, _as: Ended, _answer: Answer | undefined, _error: unknown): void {}
}

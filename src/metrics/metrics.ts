import type { Answer, Call } from '../call.ts';
import type { AttemptReport } from '../report.ts';
import type { Ended, Watcher } from '../watcher.ts';

/** What is asked of a registry of prom-client. */
export interface MetricsRegistry {
  registerMetric(metric: never): void;
}

/** Prometheus metrics of one client. */
export class Metrics implements Watcher {
  attempted(_call: Call, _attempt: AttemptReport): void {}

  ended(_call: Call, _as: Ended, _answer: Answer | undefined, _error: unknown): void {}

  /** In Prometheus' text format. */
  text(_registry?: MetricsRegistry): string {
    return '';
  }
}

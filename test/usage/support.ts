import type { Call } from '../../src/call.ts';
import type { Clock } from '../../src/clock.ts';
import type { AttemptReport } from '../../src/report.ts';
import { Trace } from '../../src/trace.ts';
import { Ledger } from '../../src/usage/ledger.ts';
import { fakeCall } from '../support/fake-call.ts';

/** What a test says of a call. */
export interface Told {
  readonly tenant?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Absent: an answer of the cache when it is answered, else a call that had none. */
  readonly attempts?: readonly Partial<AttemptReport>[] | undefined;
  readonly as?: 'ok' | 'rate_limited' | 'aborted' | undefined;
  readonly tookMs?: number | undefined;
  readonly firstTokenMs?: number | undefined;
}

function attempt(more: Partial<AttemptReport> = {}): AttemptReport {
  const made = { provider: 'openai', model: 'gpt', key: 'k1', group: 'g1', startedAt: 0, durationMs: 1, waitedMs: 0, why: 'the only key' };
  return { ...made, class: 'ok', ...more };
}

/** A ledger that is told of calls as a client tells it. */
export class Account {
  readonly ledger: Ledger;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.ledger = new Ledger(clock);
  }

  tell({ tenant, tags = {}, attempts, as = 'ok', tookMs = 1, firstTokenMs }: Told = {}): void {
    const call = this.#call(tenant, tags, tookMs);
    const { trace } = call;
    for (const made of attempts ?? []) {
      const line = attempt(made);
      trace.attempts.push(line);
      this.ledger.attempted(call, line);
    }
    if (attempts === undefined && as === 'ok') trace.source = { provider: 'openai', model: 'gpt' };
    if (firstTokenMs !== undefined) trace.firstTokenAt = trace.startedAt + firstTokenMs;
    this.ledger.ended(call, as, undefined, undefined);
  }

  /** An attempt of a call that is over. */
  late(made: Partial<AttemptReport>): void {
    this.ledger.attempted(this.#call(undefined, {}, 1), attempt(made));
  }

  #call(tenant: string | undefined, tags: Readonly<Record<string, string>>, tookMs: number): Call {
    const call = fakeCall({ clock: this.#clock, settings: { tenant } });
    const endedAt = this.#clock.now();
    const trace = new Trace('call-1', endedAt - tookMs, tags, { operation: 'chat', requested: 'openai/gpt', stream: false, tenant });
    trace.endedAt = endedAt;
    return { ...call, trace };
  }
}

import { budget } from '../../../src/layers/budget.ts';
import type { Answer, Call, CallSettings, Routed, Target } from '../../../src/call.ts';
import { Events } from '../../../src/events.ts';
import { type BudgetsOptions, resolveBudgets } from '../../../src/options/budgets.ts';
import type { TokenCounts } from '../../../src/report.ts';
import { createManualClock, type ManualClock } from '../../../src/simulator/manual-clock.ts';
import { Trace } from '../../../src/trace.ts';
import { Budgets } from '../../../src/usage/budgets.ts';
import { createDeferred, type Deferred } from '../../support/deferred.ts';
import { type FakeCallOptions, fakeRouted, fakeWhole, noteAttempt } from '../../support/fake-call.ts';

/** A call on its way. */
export interface Sent {
  readonly call: Routed;
  readonly answer: Deferred<Answer>;
  /** Ends it with an answer that used so many tokens. */
  serve(tokens?: TokenCounts, answer?: Answer): void;
}

export interface Asked {
  readonly call: Call;
  /** How it ended, once it has: an answer, or the error's name. */
  end?: string;
  error?: unknown;
}

export interface AskOptions extends Omit<FakeCallOptions, 'clock'> {
  readonly tenant?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly maxWaitMs?: number;
}

/** A cent a token; one model has no price. */
class FakePrices {
  /** They are here once it is resolved and gone. */
  loading: Deferred<void> | undefined;

  get ready(): boolean {
    return this.loading === undefined;
  }

  load(): Promise<void> {
    return this.loading?.promise ?? Promise.resolve();
  }

  costOf({ model }: { readonly model: string }, { input, output }: TokenCounts): number | undefined {
    return model === 'free' ? undefined : (input + output) / 100;
  }
}

/** A protocol that says how much is asked. */
function withEstimate(target: Target): Target {
  const { provider } = target;
  return { ...target, provider: { ...provider, protocol: { ...provider.protocol, estimate: () => ({ input: 1, output: undefined }) } } };
}

/** The layer over its budgets, and below it whatever the test says. Each call is expected to use `expected` tokens. */
export class BudgetRig {
  readonly clock: ManualClock = createManualClock(Date.UTC(2026, 1, 28, 12));
  readonly events = new Events();
  readonly budgets: Budgets;
  readonly sent: Sent[] = [];
  readonly prices = new FakePrices();
  readonly #send;

  constructor(options: BudgetsOptions, expected = 10) {
    this.budgets = new Budgets(resolveBudgets(options, true), {
      clock: this.clock,
      events: this.events,
      prices: this.prices,
      estimates: { expected: () => ({ input: expected, output: 0 }) },
      addressOf: () => '',
    });
    this.#send = budget(this.budgets)((call) => this.#arrive(call));
  }

  ask({ tenant, tags = {}, maxWaitMs = 60_000, ...options }: AskOptions = {}): Asked {
    const settings: Partial<CallSettings> = { tenant, maxWaitMs };
    const routed = fakeRouted({ clock: this.clock, ...options, settings });
    const { beginning } = routed.trace;
    const call: Routed = {
      ...routed,
      targets: routed.targets.map(withEstimate),
      trace: new Trace('call-1', this.clock.now(), tags, beginning),
    };
    const asked: Asked = { call };
    this.#send(call).then(
      () => (asked.end = 'answered'),
      (error: unknown) => {
        asked.error = error;
        asked.end = error instanceof Error ? error.name : String(error);
      },
    );
    return asked;
  }

  #arrive(call: Call): Promise<Answer> {
    const answer = createDeferred<Answer>();
    // What the rig made.
    const routed = call as Routed;
    const serve = (tokens?: TokenCounts, whole: Answer = fakeWhole()): void => {
      const cost = tokens === undefined || routed.target.model === 'free' ? {} : { costUsd: (tokens.input + tokens.output) / 100 };
      noteAttempt(routed, 'ok', tokens === undefined ? {} : { tokens, ...cost });
      answer.resolve(whole);
    };
    this.sent.push({ call: routed, answer, serve });
    return answer.promise;
  }

  /** Lets promises run. */
  turn(): Promise<void> {
    return this.clock.advance(0);
  }
}

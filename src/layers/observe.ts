import type { Call, End, Layer } from '../call.ts';
import type { Clock } from '../clock.ts';
import {
  DeadlineError,
  KeysExhaustedError,
  KeywheelError,
  OutputError,
  ProviderError,
  RequestError,
  StreamInterruptedError,
  withReport,
} from '../errors.ts';
import { type ClientEvents, type EventName, type Events, quietly } from '../events.ts';
import type { FailureClass } from '../failure.ts';
import type { AttemptReport } from '../report.ts';

/** Tells facts to the client's listeners and to the call's own. */
export function tell<Name extends EventName>(events: Events, call: Call, name: Name, payload: () => ClientEvents[Name]): void {
  const { onEvent } = call;
  if (onEvent === undefined && !events.hears(name)) return;
  const made = payload();
  events.emit(name, made);
  // The union of names and payloads cannot be followed through a generic: the pair is right by the signature above.
  if (onEvent !== undefined) quietly(() => onEvent({ name, ...made } as Parameters<typeof onEvent>[0]));
}

/** Calls under way, for a client that wants to close. */
export class ActiveCalls {
  readonly #calls = new Set<Call>();
  readonly #idle = new Set<() => void>();

  get size(): number {
    return this.#calls.size;
  }

  add(call: Call): void {
    this.#calls.add(call);
  }

  delete(call: Call): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) for (const idle of this.#idle) idle();
  }

  /** Ends all calls with `reason`. */
  end(reason: unknown): void {
    for (const call of this.#calls) call.deadline.end(reason);
  }

  /** Calls `listener` when no call is under way. Returns the way to stop listening. */
  onIdle(listener: () => void): () => void {
    this.#idle.add(listener);
    return () => void this.#idle.delete(listener);
  }
}

/** Says what became of each call: events, the report on its error, the set of calls under way. Changes nothing else. */
export function observe(settings: { readonly events: Events; readonly clock: Clock; readonly active: ActiveCalls }): Layer {
  const { events, clock, active } = settings;
  const finish = (call: Call): void => {
    active.delete(call);
    call.trace.endedAt ??= clock.now();
    tell(events, call, 'call-finished', () => ({ report: call.trace.report(clock.now()) }));
  };
  const fail = (call: Call, error: unknown): unknown => {
    active.delete(call);
    call.trace.endedAt ??= clock.now();
    const report = call.trace.report(call.trace.endedAt);
    const told = error instanceof KeywheelError ? withReport(error, report) : error;
    if (told instanceof KeysExhaustedError) tellExhausted(events, call, told);
    tell(events, call, 'call-failed', () => ({ report, class: toClass(told), ...(told instanceof KeywheelError ? { error: told } : {}) }));
    return told;
  };
  const ended = (call: Call, end: End): void => {
    if (end.status === 'complete') finish(call);
    else fail(call, end.status === 'failed' ? end.error : undefined);
  };
  return (next) => (call) => {
    active.add(call);
    return next(call).then(
      (answer) => {
        if (answer.kind === 'whole') finish(call);
        // Hooked before the reader can see the end, so that an error that a stream throws has its report by then.
        else void answer.done.then((end) => ended(call, end));
        return answer;
      },
      (error: unknown) => {
        throw fail(call, error);
      },
    );
  };
}

/** The event of one attempt, whichever way it ended. */
export function tellAttempt(events: Events, call: Call, attempt: AttemptReport): void {
  const name = attempt.class === 'ok' ? 'attempt-finished' : 'attempt-failed';
  tell(events, call, name, () => ({ callId: call.id, attempt: toTold(attempt) }));
}

/** A copy, as the line in the report goes on changing: what follows a failure is decided only after this. */
function toTold(attempt: AttemptReport): AttemptReport {
  if (attempt.class === 'ok') return { ...attempt };
  const { action: _, ...told } = attempt;
  return told;
}

function tellExhausted(events: Events, call: Call, { retryAt }: KeysExhaustedError): void {
  const [target] = call.targets;
  if (target === undefined) return;
  const { provider, model } = target;
  tell(events, call, 'keys-exhausted', () => ({ provider: provider.name, model, ...(retryAt === undefined ? {} : { retryAt }) }));
}

/** The class of a call's end; a client that is closed, a cache that has nothing and a caller who left ended it themselves. */
function toClass(error: unknown): FailureClass {
  if (error instanceof KeysExhaustedError) return 'rate_limited';
  if (error instanceof DeadlineError) return 'timeout';
  if (error instanceof RequestError || error instanceof ProviderError || error instanceof StreamInterruptedError) return error.class;
  return error instanceof OutputError ? error.class : 'aborted';
}

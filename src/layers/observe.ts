import type { Answer, Call, End, Layer, Target } from '../call.ts';
import { toSeen } from '../chat/fetched.ts';
import type { Clock } from '../clock.ts';
import {
  BudgetError,
  DeadlineError,
  KeysExhaustedError,
  KeywheelError,
  OutputError,
  ProviderError,
  RequestError,
  StreamInterruptedError,
  withReport,
} from '../errors.ts';
import { type CallStarted, type Candidate, type ClientEvents, type EventName, type Events, quietly } from '../events.ts';
import type { FailureClass } from '../failure.ts';
import type { AttemptReport } from '../report.ts';
import type { Watcher } from '../watcher.ts';

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

  /** Waits until no call is under way, for `timeoutMs` at most. */
  drain(clock: Clock, timeoutMs: number): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const over = (): void => {
        this.#idle.delete(over);
        timer.cancel();
        resolve();
      };
      this.#idle.add(over);
      const timer = clock.after(timeoutMs, over);
    });
  }
}

export interface ObserveOptions {
  readonly events: Events;
  readonly clock: Clock;
  readonly active: ActiveCalls;
  readonly watcher?: Pick<Watcher, 'ended'> | undefined;
  /** Takes the client's secrets out of what a caller or a provider wrote. */
  readonly hide?: ((written: unknown) => unknown) | undefined;
}

/** Says what became of each call: events, the report on its error, the set of calls under way. Changes nothing else. */
export function observe({ events, clock, active, watcher, hide = asItIs }: ObserveOptions): Layer {
  const finish = (call: Call, answer: Answer): void => {
    active.delete(call);
    call.trace.endedAt ??= clock.now();
    watcher?.ended(call, 'ok', answer, undefined);
    tell(events, call, 'call-finished', () => ({ report: call.trace.report(clock.now()), answer: () => hide(contentOf(answer)) }));
  };
  const fail = (call: Call, answer: Answer | undefined, error: unknown): unknown => {
    active.delete(call);
    call.trace.endedAt ??= clock.now();
    const report = call.trace.report(call.trace.endedAt);
    hideQuoted(error, hide);
    const told = error instanceof KeywheelError ? withReport(error, report) : error;
    const end = toClass(told);
    watcher?.ended(call, end, answer, told);
    if (told instanceof KeysExhaustedError) tellExhausted(events, call, told);
    tell(events, call, 'call-failed', () => ({ report, class: end, ...(told instanceof KeywheelError ? { error: told } : {}) }));
    return told;
  };
  const ended = (call: Call, answer: Answer, end: End): void => {
    if (end.status === 'complete') finish(call, answer);
    else fail(call, answer, end.status === 'failed' ? end.error : undefined);
  };
  return (next) => (call) => {
    active.add(call);
    tell(events, call, 'call-started', () => toStarted(call, hide));
    return next(call).then(
      (answer) => {
        if (answer.kind === 'whole') finish(call, answer);
        // Hooked before the reader can see the end, so that an error that a stream throws has its report by then.
        else void answer.done.then((end) => ended(call, answer, end));
        return answer;
      },
      (error: unknown) => {
        throw fail(call, undefined, error);
      },
    );
  };
}

/** Where errors quote an answer, which may repeat a key: whoever prints an error may not expect that. */
const QUOTING = ['message', 'stack', 'partial', 'text', 'issues'] as const;

function hideQuoted(error: unknown, hide: (written: unknown) => unknown): void {
  if (!(error instanceof StreamInterruptedError || error instanceof OutputError)) return;
  for (const name of QUOTING) {
    const quoted: unknown = Reflect.get(error, name);
    const hidden = hide(quoted);
    if (hidden !== quoted) Object.defineProperty(error, name, { value: hidden });
  }
}

function asItIs(written: unknown): unknown {
  return written;
}

function toStarted({ id, asked, targets, trace }: Call, hide: (written: unknown) => unknown): CallStarted {
  const { operation, requested, stream, tenant } = trace.beginning;
  return {
    callId: id,
    operation,
    requested,
    stream,
    tags: trace.tags,
    ...(tenant === undefined ? {} : { tenant }),
    at: trace.startedAt,
    targets: targets.map(toCandidate),
    asked: () => hide(asked.operation === 'fetch' ? toSeen(asked.request) : asked.request),
  };
}

function toCandidate({ provider, model }: Target): Candidate {
  const { host, port, protocol } = new URL(provider.baseURL);
  const scheme = protocol === 'http:' ? 80 : 443;
  return { provider: provider.name, model, protocol: provider.protocol.name, host, port: port === '' ? scheme : Number(port) };
}

/** What a caller was told; bytes that passed are nobody's to keep. */
function contentOf(answer: Answer): unknown {
  if (answer.kind === 'raw') return undefined;
  return answer.kind === 'whole' ? answer.whole : answer.collected();
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
  if (error instanceof BudgetError) return 'quota_exhausted';
  if (error instanceof DeadlineError) return 'timeout';
  if (error instanceof RequestError || error instanceof ProviderError || error instanceof StreamInterruptedError) return error.class;
  return error instanceof OutputError ? error.class : 'aborted';
}

import type { AttemptEnded, CallFailed, CallStarted } from '../events.ts';
import { toPrintable } from '../printable.ts';
import type { CallReport } from '../report.ts';
import { type Context, context, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from './api.ts';
import { ofAnswer, ofAttempt, ofFailure, ofReport, ofRequest, ofStart, ofTarget } from './attributes.ts';
import { toInputMessages, toOutputMessages } from './content.ts';
import { type OperationName, toServer } from './names.ts';

/** Calls that are over and whose attempts may still be told of: one that lost a race, or whose reader left. */
const MOST_OVER = 256;

export interface SpanSettings {
  readonly captureContent: boolean;
  readonly attempts: boolean;
}

interface Recorded {
  readonly span: Span;
  readonly context: Context;
  readonly operation: OperationName;
  readonly started: CallStarted;
}

/** A span for each call, and one below it for each attempt. It holds those of the calls under way, and the last few that are over. */
export class Spans {
  readonly #tracer: Tracer;
  readonly #settings: SpanSettings;
  readonly #open = new Map<string, Recorded>();
  readonly #over = new Map<string, Recorded>();

  constructor(tracer: Tracer, settings: SpanSettings) {
    this.#tracer = tracer;
    this.#settings = settings;
  }

  /** In the caller's own turn, so that the caller's span is the parent. */
  started(started: CallStarted, operation: OperationName): void {
    const parent = context.active();
    const [target] = started.targets;
    const span = this.#tracer.startSpan(
      toName(operation, target?.model),
      { kind: SpanKind.CLIENT, startTime: toTime(started.at), attributes: ofStart(started, operation) },
      parent,
    );
    // Of one that is not sampled nothing is kept: its attempts are not either.
    if (!span.isRecording()) return;
    const asked = started.asked();
    span.setAttributes(ofRequest(asked));
    const messages = this.#settings.captureContent && started.operation === 'chat' ? toInputMessages(asked) : undefined;
    if (messages !== undefined) span.setAttribute('gen_ai.input.messages', messages);
    this.#open.set(started.callId, { span, context: trace.setSpan(parent, span), operation, started });
  }

  attempted({ callId, attempt }: AttemptEnded): void {
    const recorded = this.#open.get(callId) ?? this.#over.get(callId);
    if (recorded === undefined || !this.#settings.attempts) return;
    const { provider, model, startedAt, durationMs } = attempt;
    const target = recorded.started.targets.find((each) => each.provider === provider && each.model === model);
    const attributes = { ...ofAttempt(attempt), ...(target === undefined ? {} : toServer(target)) };
    const span = this.#tracer.startSpan(
      `attempt ${provider}`,
      { kind: SpanKind.CLIENT, startTime: toTime(startedAt), attributes },
      recorded.context,
    );
    if (attempt.class !== 'ok') span.setStatus({ code: SpanStatusCode.ERROR, message: toPrintable(attempt.why) });
    span.end(toTime(startedAt + durationMs));
  }

  finished(report: CallReport, answer: unknown): void {
    const recorded = this.#take(report);
    if (recorded === undefined) return;
    this.#answered(recorded, answer);
    this.#end(recorded, report);
  }

  failed(failed: CallFailed): void {
    const { report, error, class: failure } = failed;
    const recorded = this.#take(report);
    if (recorded === undefined) return;
    const { span, started } = recorded;
    span.setAttributes(ofFailure(failed));
    // What a stream had said before it broke off.
    if (error !== undefined && 'partial' in error) this.#answered(recorded, error.partial);
    // Name and message alone: a stack or a cause may tell what is the program's own.
    const message = error === undefined ? failure : toPrintable(error.message, 1024);
    if (error !== undefined) span.recordException({ name: error.name, message }, toTime(started.at + report.durationMs));
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    this.#end(recorded, report);
  }

  /** Ends what is under way, unfinished. */
  stop(): void {
    for (const { span } of this.#open.values()) span.setAttribute('keywheel.unfinished', true).end();
    this.#open.clear();
    this.#over.clear();
  }

  #answered({ span, started }: Recorded, answer: unknown): void {
    span.setAttributes(ofAnswer(answer));
    const messages = this.#settings.captureContent && started.operation === 'chat' ? toOutputMessages(answer) : undefined;
    if (messages !== undefined) span.setAttribute('gen_ai.output.messages', messages);
  }

  #take(report: CallReport): Recorded | undefined {
    const recorded = this.#open.get(report.id);
    this.#open.delete(report.id);
    return recorded;
  }

  #end(recorded: Recorded, report: CallReport): void {
    const { span, started, operation } = recorded;
    const [first] = started.targets;
    const target = started.targets.find(({ provider, model }) => provider === report.provider && model === report.model);
    if (target !== undefined && target !== first) {
      // Another one than the first choice answered.
      span.updateName(toName(operation, target.model));
      span.setAttributes(ofTarget(target));
    }
    span.setAttributes(ofReport(report));
    span.end(toTime(started.at + report.durationMs));
    this.#over.set(report.id, recorded);
    for (const [oldest] of this.#over) {
      if (this.#over.size <= MOST_OVER) break;
      this.#over.delete(oldest);
    }
  }
}

function toName(operation: OperationName, model: string | undefined): string {
  return model === undefined || model === '' ? operation : `${operation} ${toPrintable(model, 100)}`;
}

/** Seconds and nanoseconds, as the SDK takes a small number for one that counts from the start of the process. */
function toTime(ms: number): [seconds: number, nanoseconds: number] {
  const seconds = Math.trunc(ms / 1000);
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))];
}

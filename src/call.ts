import type { Asked, Passing } from './chat/asked.ts';
import type { ChatChunk } from './chat/chunk.ts';
import type { Output } from './chat/output.ts';
import type { ChatCompletion, Usage, Whole } from './chat/reply.ts';
import type { Deadline } from './deadline.ts';
import type { ClientEvent } from './events.ts';
import type { Verdict } from './failure.ts';
import type { Lease } from './pool/lease.ts';
import type { Provider } from './providers/provider.ts';
import type { Trace } from './trace.ts';
import type { AnyRequest } from './wire/types.ts';

/** One provider and model that may serve a call. */
export interface Target {
  readonly provider: Provider;
  readonly model: string;
  /** Names the route: provider, base URL and model. The breaker and the retry budget belong to it. */
  readonly route: string;
  /** How its alias balances; absent where targets are asked in order. */
  readonly balanced?: Balanced | undefined;
}

/** What decides whether a target is asked first. */
export interface Balanced {
  readonly by: 'order' | 'cost' | 'latency' | 'weight';
  readonly weight: number;
  /** USD for a million tokens. */
  readonly price: { readonly input: number; readonly output: number } | undefined;
}

/** How a call may use the cache. */
export type CacheMode = 'off' | 'use' | 'refresh' | 'only';

/** A call's options, resolved: nobody below the client sees `undefined` where there is a default. */
export interface CallSettings {
  readonly attemptTimeoutMs: number;
  readonly maxWaitMs: number;
  readonly cache: { readonly mode: CacheMode; readonly ttlMs: number };
  /** Higher first. */
  readonly priority: number;
  readonly tenant: string | undefined;
  readonly affinity: string | undefined;
  /** Groups and keys that may serve, sorted; `undefined` is all. */
  readonly groups: readonly string[] | undefined;
  readonly keys: readonly string[] | undefined;
  /** When a second attempt may run beside the first, ms; `Infinity` is never. */
  readonly hedgeAfterMs: number;
  /** A plain-text stream that breaks off is continued elsewhere. */
  readonly resume: boolean;
}

/** One `client.chat()` or `embed()`, however many attempts it takes. Layers hand on changed copies, never change it. */
export interface Call {
  readonly id: string;
  readonly asked: Asked | Passing;
  /** The caller wants chunks. */
  readonly stream: boolean;
  /** Judges the answer of a chat with a schema. */
  readonly output?: Output | undefined;
  /** In order of preference, never empty. */
  readonly targets: readonly Target[];
  readonly settings: CallSettings;
  readonly deadline: Deadline;
  /** Keys that refused this call as such (invalid, forbidden): it does not ask them again, whichever layer repeats it. */
  readonly refusedBy: Set<string>;
  /** Takes the facts of the call for its report. */
  readonly trace: Trace;
  /** Gets the events of this call. */
  readonly onEvent: ((event: ClientEvent) => void) | undefined;
  /**
   * The first attempt must be able to start by then, epoch ms, else the call is refused at once.
   * Set by a layer that has something else to offer: the next target, or a stale answer.
   */
  readonly startBy: number;
}

/** A call at one target. */
export interface Routed extends Call {
  readonly target: Target;
  /** The group of an attempt under way, for a second one beside it: it needs another group, with capacity that nobody waits for. */
  readonly besides?: string | undefined;
  /** Told which attempt answered, where several run at once. */
  readonly onAnswer?: ((attempt: Trace['attempts'][number]) => void) | undefined;
}

/** One attempt: a call at one target with the right to use one key. */
export interface Leased extends Routed {
  readonly lease: Lease;
  /** Its line in the report. */
  readonly attempt: { requestId?: string; status?: number };
  /** What is sent, without the secret. */
  readonly request: AnyRequest;
}

/** How an answer ended. */
export type End =
  /** `storable`: of bytes, whether they are worth keeping; other answers tell that themselves. */
  | { readonly status: 'complete'; readonly usage?: Usage | undefined; readonly storable?: boolean | undefined }
  /** `error` is what the reader of the stream was thrown; `verdict` what it means for key and route, where it is not the caller's own abort. */
  | { readonly status: 'failed'; readonly error: unknown; readonly verdict?: Verdict }
  /** The reader left, or never came. */
  | { readonly status: 'abandoned' };

export interface WholeAnswer {
  readonly kind: 'whole';
  readonly whole: Whole;
  /** The provider's own answer, parsed, untouched. Absent where it is not at hand: `whole` stands for it. */
  readonly raw?: unknown;
  readonly done: Promise<End>;
  /** What `done` will say, where that is known already: who hooks the end needs no promise. */
  readonly end?: End | undefined;
}

/** A stream: `parts` can be read once; `return()` aborts it. */
export interface PartsAnswer {
  readonly kind: 'parts';
  readonly parts: AsyncIterableIterator<ChatChunk>;
  /** Settles after the last part, a failure or an abort; never rejects. A lease and a slot end with it. */
  readonly done: Promise<End>;
  /** What was received so far, put together. */
  collected(): ChatCompletion;
}

/** An answer of `fetch`: the provider's own bytes. `parts` can be read once; `return()` aborts it. */
export interface RawAnswer {
  readonly kind: 'raw';
  readonly status: number;
  /** Lower-case names; none that tells of an encoding or length on the way. */
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: AsyncIterableIterator<Uint8Array>;
  /** As of a stream of chunks. */
  readonly done: Promise<End>;
}

export type Answer = WholeAnswer | PartsAnswer | RawAnswer;

/** One way down, one way up: resolves to an answer or rejects with one clear error. */
export type Send<C extends Call = Call> = (call: C) => Promise<Answer>;

/** Wraps a `Send` with one concern. It may answer itself, call `next` again, or hand on a changed copy of the call. */
export type Layer<Outer extends Call = Call, Inner extends Outer = Outer> = (next: Send<Inner>) => Send<Outer>;

/** A call on its way to one of its targets. Field by field, here and below: a spread of so many costs a plain call 3 us each time. */
export function atTarget(call: Call, target: Target, startBy: number): Routed {
  const routed: Required<Routed> = {
    id: call.id,
    asked: call.asked,
    stream: call.stream,
    output: call.output,
    targets: call.targets,
    settings: call.settings,
    deadline: call.deadline,
    refusedBy: call.refusedBy,
    trace: call.trace,
    onEvent: call.onEvent,
    startBy,
    target,
    besides: undefined,
    onAnswer: undefined,
  };
  return routed;
}

/** An attempt at a call with one key. */
export function withLease(call: Routed, lease: Lease, request: AnyRequest, attempt: Leased['attempt']): Leased {
  const leased: Required<Leased> = {
    id: call.id,
    asked: call.asked,
    stream: call.stream,
    output: call.output,
    targets: call.targets,
    settings: call.settings,
    deadline: call.deadline,
    refusedBy: call.refusedBy,
    trace: call.trace,
    onEvent: call.onEvent,
    startBy: call.startBy,
    target: call.target,
    besides: call.besides,
    onAnswer: call.onAnswer,
    lease,
    attempt,
    request,
  };
  return leased;
}

/** Calls `hook` once with how the answer ended; at once where that is known. */
export function atEnd(answer: Answer, hook: (end: End) => void): void {
  if (answer.kind === 'whole' && answer.end !== undefined) hook(answer.end);
  else void answer.done.then(hook);
}

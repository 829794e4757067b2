import { setImmediate as turn } from 'node:timers/promises';
import { SignalHub } from '../../../src/abort.ts';
import type { Answer, Call, CallSettings, End, PartsAnswer, Send } from '../../../src/call.ts';
import type { Asked, Passing } from '../../../src/chat/asked.ts';
import type { ChatChunk } from '../../../src/chat/chunk.ts';
import { Collector } from '../../../src/chat/collect.ts';
import { type ChatCompletion, readText } from '../../../src/chat/reply.ts';
import { type Cache, type CacheSettings, createCache } from '../../../src/layers/cache/cache.ts';
import { isChat } from '../../../src/chat/storable.ts';
import { createManualClock, type ManualClock } from '../../../src/simulator/manual-clock.ts';
import { fakeCall } from '../../support/fake-call.ts';

export const HOUR_MS = 3_600_000;

/** One call that came through the cache, and how the test ends it. */
export interface Upstream {
  readonly call: Call;
  reply(whole?: ChatCompletion): void;
  stream(): StreamSource;
  /** The bytes of a `fetch`, piece by piece, and how the transport says that they ended. */
  bytes(pieces: readonly (string | Uint8Array)[], end?: End): void;
  fail(error: unknown): void;
}

export interface Ask {
  readonly text?: string;
  readonly asked?: Asked | Passing;
  readonly stream?: boolean;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly mode?: CallSettings['cache']['mode'];
  readonly ttlMs?: number;
  readonly targets?: readonly string[];
  readonly settings?: Partial<CallSettings>;
  readonly onEvent?: Call['onEvent'];
}

export interface Asking {
  readonly call: Call;
  readonly answer: Promise<Answer>;
}

export interface Rig {
  readonly clock: ManualClock;
  readonly cache: Cache;
  readonly upstreams: Upstream[];
  readonly facts: string[];
  /** What the upstream does with calls by itself; by default it waits for the test. */
  auto: ((upstream: Upstream) => void) | undefined;
  ask(ask?: Ask): Asking;
  /** Asks, and gives the answer as text or as chunks. */
  read(ask?: Ask): Promise<{ readonly call: Call; readonly text: string }>;
}

export function createRig(settings: Partial<CacheSettings> = {}, clock = createManualClock()): Rig {
  const facts: string[] = [];
  const upstreams: Upstream[] = [];
  const hub = new SignalHub();
  const cache = createCache(
    { staleMs: 0, staleAfterMs: 0, maxEntries: 1000, maxBytes: 64 * 1024 * 1024, namespace: 'test', ...settings },
    {
      clock,
      hub,
      facts: {
        hit: (call) => void facts.push(call.trace.cache),
        stored: () => void facts.push('stored'),
        failed: (_error, operation) => void facts.push(`failed ${operation}`),
      },
    },
  );
  const next: Send = (call) =>
    new Promise((resolve, reject) => {
      const unlisten = call.deadline.listen(reject);
      const upstream: Upstream = {
        call,
        reply: (whole = completion()) => {
          unlisten();
          noteAttempt(call);
          resolve({ kind: 'whole', whole, done: Promise.resolve({ status: 'complete' }) });
        },
        stream: () => {
          unlisten();
          noteAttempt(call);
          const source = new StreamSource(call);
          resolve(source.answer);
          return source;
        },
        bytes: (pieces, end = { status: 'complete', storable: true }) => {
          unlisten();
          noteAttempt(call);
          let tell: (end: End) => void = () => {};
          const done = new Promise<End>((over) => (tell = over));
          // As of the transport: the end is told with the last read.
          async function* read(): AsyncGenerator<Uint8Array, undefined> {
            for (const piece of pieces) yield Buffer.from(piece);
            tell(end);
            return undefined;
          }
          resolve({
            kind: 'raw',
            status: 200,
            headers: { 'content-type': 'text/x', 'x-request-id': 'r1' },
            parts: read(),
            done,
          });
        },
        fail: (error) => {
          unlisten();
          reject(error);
        },
      };
      upstreams.push(upstream);
      rig.auto?.(upstream);
    });
  const send = cache.layer(next);
  const rig: Rig = {
    clock,
    cache,
    upstreams,
    facts,
    auto: undefined,
    ask: (ask = {}) => {
      const call = toCall(clock, ask);
      return { call, answer: send(call) };
    },
    read: async (ask) => {
      const { call, answer } = rig.ask(ask);
      return { call, text: await textOf(await answer) };
    },
  };
  return rig;
}

export function toCall(clock: ManualClock, ask: Ask): Call {
  const { mode = 'use', ttlMs = HOUR_MS, text = 'Hi' } = ask;
  const call = fakeCall({
    clock,
    stream: ask.stream ?? false,
    settings: { cache: { mode, ttlMs }, ...ask.settings },
    ...(ask.signal && { signal: ask.signal }),
    ...(ask.timeoutMs !== undefined && { timeoutMs: ask.timeoutMs }),
    ...(ask.targets && { targets: ask.targets }),
  });
  return {
    ...call,
    onEvent: ask.onEvent,
    asked: ask.asked ?? { operation: 'chat', request: { model: 'fast', messages: [{ role: 'user', content: text }] } },
  };
}

function noteAttempt(call: Call): void {
  call.trace.attempts.push({
    provider: 'openai',
    model: 'gpt',
    key: 'key-1',
    group: 'group-1',
    startedAt: 0,
    durationMs: 0,
    waitedMs: 0,
    class: 'ok',
    why: 'the only key',
  });
}

/** A provider's stream in the test's hands. */
export class StreamSource {
  readonly answer: PartsAnswer;
  returned = 0;
  reads = 0;
  readonly #collector = new Collector();
  readonly #ready: ChatChunk[] = [];
  readonly #waiting: { resolve: (result: IteratorResult<ChatChunk, undefined>) => void; reject: (error: unknown) => void }[] = [];
  #settle: (end: End) => void = () => {};
  #ending: End | undefined;

  constructor(call: Call) {
    const done = new Promise<End>((resolve) => (this.#settle = resolve));
    call.deadline.listen((error) => this.#close({ status: 'failed', error }));
    this.answer = { kind: 'parts', done, parts: this.#parts(), collected: () => this.#collector.reply() };
  }

  push(...chunks: readonly ChatChunk[]): void {
    for (const chunk of chunks) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#ready.push(chunk);
      else waiting.resolve(this.#give(chunk));
    }
  }

  #give(value: ChatChunk): IteratorResult<ChatChunk, undefined> {
    this.#collector.add(value);
    return { done: false, value };
  }

  end(): void {
    this.#close({ status: 'complete' });
  }

  fail(error: unknown): void {
    this.#close({ status: 'failed', error });
  }

  /** As the transport does with a stream that nobody reads. */
  abandon(): void {
    this.#close({ status: 'abandoned' });
  }

  #close(end: End): void {
    this.#ending ??= end;
    if (this.#ready.length > 0 && end.status !== 'abandoned') return;
    this.#finish();
  }

  #finish(): void {
    const end = this.#ending ?? { status: 'complete' };
    this.#settle(end);
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (end.status === 'failed') reject(end.error);
      else resolve({ done: true, value: undefined });
    }
  }

  #parts(): AsyncIterableIterator<ChatChunk> {
    const parts: AsyncIterableIterator<ChatChunk> = {
      next: async () => {
        this.reads++;
        const value = this.#ready.shift();
        if (value !== undefined) return this.#give(value);
        if (this.#ending === undefined) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
        this.#finish();
        if (this.#ending.status === 'failed') throw this.#ending.error;
        return { done: true, value: undefined };
      },
      return: async () => {
        this.returned++;
        this.#ready.length = 0;
        this.#close({ status: 'abandoned' });
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => parts,
    };
    return parts;
  }
}

export function completion(content = 'Hello', more: Partial<ChatCompletion> = {}): ChatCompletion {
  return {
    id: 'reply-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-1',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    ...more,
  };
}

export function delta(content: string): ChatChunk {
  return {
    id: 's',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-1',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  };
}

export function finish(reason: string | null = 'stop'): ChatChunk {
  return {
    id: 's',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-1',
    choices: [{ index: 0, delta: {}, finish_reason: reason }],
  };
}

export const usageChunk: ChatChunk = {
  id: 's',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-1',
  choices: [],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};

/** A whole answer of `content`, in the form that the call asked for. */
export function replyTo(upstream: Upstream, ...contents: readonly string[]): void {
  if (!upstream.call.stream) return upstream.reply(completion(contents.join('')));
  const source = upstream.stream();
  source.push(...contents.map(delta), finish(), usageChunk);
  source.end();
}

/** The text of an answer, read to its end. */
export async function textOf(answer: Answer): Promise<string> {
  if (answer.kind === 'whole') return isChat(answer.whole) ? readText(answer.whole) : JSON.stringify(answer.whole);
  let text = '';
  for await (const chunk of partsOf(answer).parts) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

export function partsOf(answer: Answer): PartsAnswer {
  if (answer.kind === 'parts') return answer;
  throw new Error('Cannot read parts as the answer is whole');
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  await turn();
  await turn();
}

/** How a promise stands when everything that is ready has run: its value, its reason, or 'pending'. */
export async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  await settle();
  return Promise.race([
    promise.then(
      () => 'resolved',
      (error: unknown) => error,
    ),
    Promise.resolve('pending').then((pending) => pending),
  ]);
}

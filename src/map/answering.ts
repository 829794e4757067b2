import { Output } from '../chat/output.ts';
import type { ChatCompletion, ChatReply } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import { ClosedError, RequestError } from '../errors.ts';
import type { ResolvedMap } from '../options/map.ts';
import type { CallOptions } from '../options/types.ts';
import type { Journal } from './journal.ts';
import type { KeptReply } from './lines.ts';

/** A request that is answered whole: streams are not mapped. */
export type WholeRequest = ChatRequest & { readonly stream?: false | null };

/** Makes an item's request, now or later. */
export type ToRequest<Item, Request> = (item: Item, index: number) => Request | PromiseLike<Request>;

/** Asks the client. */
export type Ask = (request: WholeRequest, options: CallOptions) => Promise<ChatReply>;

/** What became of one item. */
export type Answered =
  /** `failure`: the answer is here, but the file could not keep it. */
  | { readonly status: 'answered'; readonly reply: ChatReply; readonly resumed: boolean; readonly failure?: { readonly error: unknown } }
  /** An earlier run had done it, and its reply is not wanted. */
  | { readonly status: 'known' }
  | { readonly status: 'failed'; readonly error: unknown }
  /** There is nobody to ask any more. */
  | { readonly status: 'stopped'; readonly error: unknown };

/** From an item to its answer: out of the file of an earlier run, or by a call. */
export class Answering<Item> {
  readonly #toRequest: ToRequest<Item, WholeRequest>;
  readonly #options: ResolvedMap<Item>;
  readonly #ask: Ask;
  readonly #signal: AbortSignal;
  /** Waits for the client or the file: these settle soon after an abort, unlike what the caller's own code waits for. */
  readonly #waits = new Set<Promise<unknown>>();
  #journal: Journal | undefined;

  constructor(toRequest: ToRequest<Item, WholeRequest>, options: ResolvedMap<Item>, ask: Ask, signal: AbortSignal) {
    this.#toRequest = toRequest;
    this.#options = options;
    this.#ask = ask;
    this.#signal = signal;
  }

  keepIn(journal: Journal): void {
    this.#journal = journal;
  }

  /** Never rejects. */
  async answer(item: Item, index: number): Promise<Answered> {
    try {
      const { resume } = this.#options;
      const id = resume === undefined ? undefined : this.#journal?.claim(resume.id(item, index));
      if (id !== undefined && resume?.replies === false && this.#journal?.has(id) === true) return { status: 'known' };
      const request = await this.#toRequest(item, index);
      assertWhole(request);
      // The map may have ended while the request was being made.
      this.#signal.throwIfAborted();
      const known = id === undefined ? undefined : await this.#wait(this.#recall(id, request));
      if (known !== undefined) return { status: 'answered', reply: known, resumed: true };
      this.#signal.throwIfAborted();
      return await this.#wait(this.#call(id, request, this.#options.callOptions(item, index)));
    } catch (error) {
      return { status: 'failed', error };
    }
  }

  /** Resolves when no call and no line is under way. After an abort none is begun. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#waits);
  }

  async #call(id: string | undefined, request: WholeRequest, options: CallOptions): Promise<Answered> {
    let reply: ChatReply;
    try {
      reply = await this.#ask(request, { ...options, signal: this.#signal });
    } catch (error) {
      return { status: error instanceof ClosedError ? 'stopped' : 'failed', error };
    }
    const answered = { status: 'answered', reply, resumed: false } as const;
    if (id === undefined || this.#journal === undefined) return answered;
    try {
      await this.#journal.keep(id, this.#options.resume?.replies === false ? undefined : reply);
      return answered;
    } catch (error) {
      return { ...answered, failure: { error } };
    }
  }

  /** The reply of an earlier run. One that does not fit the request's schema (any more) is none. */
  async #recall(id: string, request: WholeRequest): Promise<ChatReply | undefined> {
    const kept = await this.#journal?.find(id);
    if (kept === undefined) return undefined;
    const reply = { ...kept, raw: rawOf(kept) };
    if (request.schema == null) return reply;
    const judgement = await new Output(request.schema, { hasTools: (request.tools?.length ?? 0) > 0 }).judge(kept);
    if (judgement.kind === 'parsed') return withParsed(reply, judgement.value);
    return judgement.kind === 'tools' ? withParsed(reply, undefined) : undefined;
  }

  async #wait<T>(waited: Promise<T>): Promise<T> {
    this.#waits.add(waited);
    try {
      return await waited;
    } finally {
      this.#waits.delete(waited);
    }
  }
}

function assertWhole(request: unknown): void {
  if (typeof request !== 'object' || request === null || Reflect.get(request, 'stream') !== true) return;
  throw new RequestError(
    "Cannot ask for the item as a map answers with whole replies, and 'stream' must be left out: current value is true",
    {
      class: 'bad_request',
    },
  );
}

/** What the provider said is not kept twice: as of the cache, it is the reply itself. */
function rawOf({ text: _text, report: _report, ...completion }: KeptReply): ChatCompletion {
  return completion;
}

function withParsed(reply: ChatReply, parsed: unknown): ChatReply {
  return { ...reply, parsed };
}

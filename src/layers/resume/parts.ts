import type { Answer, Call, End, PartsAnswer, Send } from '../../call.ts';
import type { ChatChunk } from '../../chat/chunk.ts';
import { Collector } from '../../chat/collect.ts';
import type { Deadline } from '../../deadline.ts';
import { StreamInterruptedError } from '../../errors.ts';
import { isBug } from '../bug.ts';
import { gapOf, isMoreThanText, mayContinueAfter, MOST_CONTINUATIONS, toContinuation, withoutRepeat } from './continuation.ts';

type Result = IteratorResult<ChatChunk, undefined>;

const OVER: Result = { done: true, value: undefined };

/** The stream under way, and the part of the call's time that it has; the first one has the call's own. */
interface Under {
  readonly answer: PartsAnswer;
  readonly deadline: Deadline | undefined;
}

/** One stream for the reader, whatever it took. An iterator by hand, as `return()` must end a continuation that has not begun. */
export class ResumingParts implements AsyncIterableIterator<ChatChunk, undefined> {
  readonly #send: Send;
  readonly #call: Call;
  readonly #collector = new Collector();
  readonly #done: Promise<End>;
  #settle: (end: End) => void = () => {};
  #under: Under;
  /** Waiting for a continuation to begin. */
  #beginning: Deadline | undefined;
  /** The last read that was asked for: reads are answered one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #over = false;
  #continuable = true;
  #said = '';
  /** How much white space the running continuation may still repeat. */
  #gap = 0;

  constructor(send: Send, call: Call, answer: PartsAnswer) {
    this.#send = send;
    this.#call = call;
    this.#under = { answer, deadline: undefined };
    this.#done = new Promise((resolve) => (this.#settle = resolve));
    // A stream that ends while nobody reads it (unread, aborted) is over for this reader too.
    this.#watch(this.#under);
  }

  get answer(): PartsAnswer {
    return { kind: 'parts', parts: this, done: this.#done, collected: () => this.#collector.reply() };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const read = this.#last.then(() => this.#read());
    this.#last = read.catch(() => {});
    return read;
  }

  async return(): Promise<Result> {
    if (!this.#over) {
      this.#finish({ status: 'abandoned' });
      this.#beginning?.end(new Error('Cannot go on with the stream as its reader left'));
      await this.#under.answer.parts.return?.();
    }
    return OVER;
  }

  async #read(): Promise<Result> {
    while (!this.#over) {
      let result: Result;
      try {
        result = await this.#under.answer.parts.next();
      } catch (error) {
        await this.#resume(error);
        continue;
      }
      if (result.done === true) {
        this.#finish(await this.#under.answer.done);
        return OVER;
      }
      const chunk = this.#toChunk(result.value);
      if (chunk === undefined) continue;
      this.#collector.add(chunk);
      return { done: false, value: chunk };
    }
    return OVER;
  }

  /** Returns when another stream goes on where this one broke off, or the reader left; throws what ends the reading. */
  async #resume(broken: unknown): Promise<void> {
    const call = await this.#toContinuation();
    if (call === undefined) throw this.#fail(broken);
    const { trace, deadline } = this.#call;
    // Before the continuation has attempts of its own.
    const attempt = trace.attempts.findLast(({ action }) => action === 'reject');
    const part = deadline.fork();
    this.#beginning = part;
    try {
      deadline.throwIfEnded();
      this.#take(await this.#send({ ...call, deadline: part }), part);
      if (attempt !== undefined) attempt.action = 'resume';
    } catch (error) {
      part.close();
      if (!this.#over) throw this.#failResuming(broken, error);
    } finally {
      this.#beginning = undefined;
    }
  }

  /** `undefined` when what broke off cannot be continued. */
  async #toContinuation(): Promise<Call | undefined> {
    const end = await this.#under.answer.done;
    const verdict = end.status === 'failed' ? end.verdict : undefined;
    if (verdict === undefined || !this.#continuable || !mayContinueAfter(verdict)) return undefined;
    return this.#call.trace.resumed < MOST_CONTINUATIONS ? toContinuation(this.#call, this.#said) : undefined;
  }

  #take(answer: Answer, deadline: Deadline): void {
    if (answer.kind !== 'parts') throw new TypeError('A stream was continued with a whole answer');
    this.#call.trace.resumed += 1;
    this.#gap = gapOf(this.#said);
    this.#under = { answer, deadline };
    this.#watch(this.#under);
    if (this.#over) void answer.parts.return?.();
  }

  /** A continuation that fails leaves the break as it was, but for an end of the whole call and bugs: these are no news of providers. */
  #failResuming(broken: unknown, error: unknown): unknown {
    const { ended } = this.#call.deadline;
    if (ended !== undefined) return this.#fail(ended.reason);
    return isBug(error) ? this.#fail(error) : this.#fail(broken, error);
  }

  #watch(under: Under): void {
    void under.answer.done.then((end) => {
      under.deadline?.close();
      // Aborts and unread streams: the next read tells, but whoever waits for `done` must not wait for a read.
      if (under === this.#under && end.status !== 'complete' && !('verdict' in end)) this.#settle(end);
    });
  }

  /** The chunk as one of the same stream; `undefined` for one that would say again what was said. */
  #toChunk(chunk: ChatChunk): ChatChunk | undefined {
    if (isMoreThanText(chunk)) this.#continuable = false;
    const text = chunk.choices[0]?.delta.content ?? '';
    if (this.#call.trace.resumed === 0) {
      this.#said += text;
      return chunk;
    }
    // The tokens of the stream that broke off are nobody's to know: half a count is none.
    if (chunk.choices.length === 0) return undefined;
    const { content, gap } = withoutRepeat(this.#gap, text);
    this.#gap = gap;
    this.#said += content;
    return {
      ...chunk,
      usage: null,
      choices: chunk.choices.map((choice) => {
        const { role: _role, ...delta } = choice.delta;
        return { ...choice, delta: typeof delta.content === 'string' ? { ...delta, content } : delta };
      }),
    };
  }

  /** `why`: what became of the attempt to go on. */
  #fail(error: unknown, why?: unknown): unknown {
    const whole = error instanceof StreamInterruptedError ? this.#toWhole(error, why) : error;
    this.#finish({ status: 'failed', error: whole });
    return whole;
  }

  /** With everything that the reader got, of all streams. */
  #toWhole(error: StreamInterruptedError, why: unknown): StreamInterruptedError {
    if (this.#call.trace.resumed === 0 && why === undefined) return error;
    const { message, class: failure, cause } = error;
    return new StreamInterruptedError(message, { class: failure, partial: this.#collector.reply(), cause: why ?? cause });
  }

  #finish(end: End): void {
    if (this.#over) return;
    this.#over = true;
    this.#settle(end);
  }
}

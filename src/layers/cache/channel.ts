import type { End } from '../../call.ts';
import type { ChatCompletion } from '../../chat/reply.ts';
import { copyError, KeywheelError } from '../../errors.ts';
import type { Kind } from './kinds.ts';
import { type Feed, toInterrupted } from './reader.ts';

/** A stream as it comes from below. */
export interface Streamed<Part> {
  readonly parts: AsyncIterableIterator<Part>;
  readonly done: Promise<End>;
  collected(): ChatCompletion;
}

export interface ChannelEvents {
  /** Too long to keep: nobody may join any more. */
  readonly outgrown: () => void;
  /** The stream came to its end. `texts` are its chunks as JSON, when all were kept and the answer is worth storing. */
  readonly complete: (texts: readonly string[] | undefined) => void;
  readonly failed: () => void;
}

/** A reader's place. `cut` ends it where it fell too far behind. */
interface Seat {
  passed: number;
  readonly cut: (why: string) => void;
}

type Ending = { readonly status: 'complete'; readonly end: End | undefined } | { readonly status: 'failed'; readonly error: unknown };

/**
 * One stream for many readers. Whoever is at the front asks for the next part, so that a slow reader blocks nobody. All parts are kept
 * for late comers until they outgrow `bound`; from then on only what the slowest reader still needs, and who is further behind is cut.
 */
export class Channel<Part> {
  readonly #answer: Streamed<Part>;
  readonly #kind: Kind<Part>;
  /** Characters of JSON. */
  readonly #bound: number;
  readonly #events: ChannelEvents;
  readonly #seats = new Set<Seat>();
  readonly #check: ReturnType<Kind<Part>['startCheck']>;
  /** Chunks as JSON: each reader gets its own copy, and the recording is written from them. The first one has the number `#base`. */
  readonly #texts: string[] = [];
  #base = 0;
  #end = 0;
  #kept = 0;
  #outgrown = false;
  #ending: Ending | undefined;
  #reading: Promise<Part | undefined> | undefined;

  constructor(answer: Streamed<Part>, kind: Kind<Part>, bound: number, events: ChannelEvents) {
    this.#answer = answer;
    this.#kind = kind;
    this.#check = kind.startCheck();
    this.#bound = bound;
    this.#events = events;
    // A stream that ends while nobody reads it (left alone for too long, say) ends for everybody. Who reads it sees by itself.
    void answer.done.then((end) => {
      if (end.status !== 'complete' && this.#reading === undefined) this.#fail(this.#toError(end));
    });
  }

  /** A place at the beginning. */
  join(cut: (why: string) => void, left: (reason: unknown) => void): Feed<Part> {
    const seat: Seat = { passed: 0, cut };
    this.#seats.add(seat);
    return {
      at: (index) => this.#at(index, seat),
      end: () => (this.#ending?.status === 'complete' ? this.#ending.end : undefined),
      passed: (index) => {
        seat.passed = index;
        this.#trim();
      },
      collected: (index) => this.#collected(index),
      left: (reason) => {
        this.#seats.delete(seat);
        this.#trim();
        left(reason);
      },
    };
  }

  /** Everybody has left: the provider need not go on. */
  abort(): void {
    this.#ending ??= { status: 'failed', error: toInterrupted('everybody left', this.#answer) };
    this.#answer.parts.return?.().catch(() => {});
  }

  /** Where the parts themselves are gone: what came to the reader at the front. */
  #collected(index: number): ChatCompletion {
    if (index === this.#end || this.#outgrown) return this.#answer.collected();
    return this.#kind.collect(this.#texts.slice(0, index).map((text) => this.#kind.read(text)));
  }

  async #at(index: number, seat: Seat): Promise<Part | undefined> {
    for (;;) {
      const text = this.#texts[index - this.#base];
      if (text !== undefined) return this.#kind.read(text);
      if (this.#ending?.status === 'failed') throw toOwn(this.#ending.error);
      if (this.#ending !== undefined) return undefined;
      if (this.#reading !== undefined) {
        await this.#reading;
        continue;
      }
      // Who asks the provider gets the chunk itself; it was written down before.
      this.#reading = this.#read(seat);
      const chunk = await this.#reading;
      if (chunk !== undefined) return chunk;
    }
  }

  /** Never rejects: a failure is the ending that every reader meets in its turn. */
  async #read(seat: Seat): Promise<Part | undefined> {
    try {
      const result: IteratorResult<Part, unknown> = await this.#answer.parts.next();
      // Aborted meanwhile: nobody is there.
      if (this.#ending !== undefined) return undefined;
      if (result.done !== true) return this.#keep(result.value, seat);
      const end = await this.#answer.done;
      if (end.status === 'complete' || this.#kind.tellsItself) this.#complete(end);
      else this.#fail(this.#toError(end));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#reading = undefined;
    }
    return undefined;
  }

  #keep(chunk: Part, seat: Seat): Part {
    this.#end++;
    // Nobody can join any more, and whoever asked is alone: no copy is needed.
    if (this.#outgrown && this.#texts.length === 0 && this.#seats.size === 1 && this.#seats.has(seat)) {
      this.#base = this.#end;
      return chunk;
    }
    this.#check.see(chunk);
    const text = this.#kind.write(chunk);
    this.#texts.push(text);
    this.#kept += text.length;
    if (!this.#outgrown && this.#kept > this.#bound) {
      this.#outgrown = true;
      this.#events.outgrown();
      this.#trim();
    }
    if (this.#outgrown) this.#cutStragglers();
    return chunk;
  }

  #cutStragglers(): void {
    while (this.#kept > this.#bound && this.#seats.size > 1) {
      const slowest = this.#slowest();
      if (slowest === undefined || slowest.passed >= this.#end - 1) return;
      // Leaves its seat, which trims.
      slowest.cut('its reader fell too far behind the others');
    }
  }

  #slowest(): Seat | undefined {
    let slowest: Seat | undefined;
    for (const seat of this.#seats) if (slowest === undefined || seat.passed < slowest.passed) slowest = seat;
    return slowest;
  }

  /** Forgets what everybody has passed, once nobody can join. */
  #trim(): void {
    if (!this.#outgrown || this.#texts.length === 0) return;
    const passed = (this.#slowest()?.passed ?? this.#end) - this.#base;
    if (passed <= 0) return;
    for (const text of this.#texts.splice(0, passed)) this.#kept -= text.length;
    this.#base += passed;
  }

  #complete(end: End): void {
    if (this.#ending !== undefined) return;
    this.#ending = { status: 'complete', end: this.#kind.tellsItself ? end : undefined };
    this.#events.complete(!this.#outgrown && this.#check.isStorable(end) ? this.#texts : undefined);
  }

  #toError(end: End): unknown {
    return end.status === 'failed' ? end.error : toInterrupted('it was abandoned', this.#answer);
  }

  #fail(error: unknown): void {
    if (this.#ending !== undefined) return;
    this.#ending = { status: 'failed', error };
    this.#events.failed();
  }
}

/** Each reader gets an error of its own, as its report will be put on it. */
function toOwn(error: unknown): unknown {
  return error instanceof KeywheelError ? copyError(error) : error;
}

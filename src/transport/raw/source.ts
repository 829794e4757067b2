import type { AttemptError } from '../../failure.ts';
import type { Usage } from '../../chat/reply.ts';
import { type EventReader, isJson, type Wire, type WireBody, type WireResponse, WireError } from '../../wire/index.ts';
import type { Judge } from './judge.ts';
import { findUsage, readAnyUsage } from './usage.ts';

/** What a source makes of what is no answer. */
export interface Failures {
  inBand(body: unknown): AttemptError;
  malformed(data: string): AttemptError;
  cut(): AttemptError;
  ofWire(error: WireError): AttemptError;
}

/** How what passed ended. */
export type Ending =
  | { readonly kind: 'complete'; readonly usage: Usage | undefined; readonly storable: boolean }
  | { readonly kind: 'failed'; readonly error: AttemptError };

/** Bytes on their way to the caller, and what was learned of them. */
export interface Source {
  /** The next bytes as they came; `undefined` at the end of the body. */
  read(): Promise<Uint8Array | undefined>;
  /** Everything that the answer has to say was read, be the body over or not. */
  readonly isWhole: boolean;
  /** It said so itself: nothing is waited for any more. */
  readonly ended: boolean;
  ending(): Ending;
}

/** JSON that is longer is not kept to be read: what it used stays unknown. */
const LONGEST_READ = 1024 * 1024;

/** Bytes of whatever kind. JSON is read beside, for what it says of its usage. */
export class PlainSource implements Source {
  readonly #body: WireBody;
  readonly isWhole = false;
  readonly ended = false;
  #copy: Uint8Array[] | undefined;
  #length = 0;

  constructor({ body, headers }: WireResponse) {
    this.#body = body;
    this.#copy = isJson(headers['content-type']) ? [] : undefined;
  }

  async read(): Promise<Uint8Array | undefined> {
    const piece = await this.#body.read();
    if (piece !== undefined && this.#copy !== undefined) this.#keep(piece);
    return piece;
  }

  ending(): Extract<Ending, { readonly kind: 'complete' }> {
    const usage = this.#copy === undefined ? undefined : readAnyUsage(findUsage(parse(this.#copy)));
    return { kind: 'complete', usage, storable: false };
  }

  #keep(piece: Uint8Array): void {
    this.#length += piece.byteLength;
    if (this.#length > LONGEST_READ) this.#copy = undefined;
    else this.#copy?.push(piece);
  }
}

/** Events: a judge follows them while their bytes pass. */
export class EventSource implements Source {
  readonly #judge: Judge;
  readonly #failures: Failures;
  readonly #tap: Tap;
  readonly #events: EventReader;
  /** Followed no further: how it ends is known, or cannot be. */
  #settled = false;
  #ended = false;
  #error: AttemptError | undefined;
  /** What a caller would see has come. */
  hasOutput = false;

  constructor(wire: Pick<Wire, 'events'>, response: WireResponse, judge: Judge, failures: Failures) {
    this.#judge = judge;
    this.#failures = failures;
    this.#tap = new Tap(response.body);
    this.#events = wire.events({ headers: response.headers, body: this.#tap });
  }

  get isWhole(): boolean {
    return this.#error === undefined && (this.#ended || this.#judge.complete);
  }

  get ended(): boolean {
    return this.#ended || this.#error !== undefined;
  }

  /** What failed before anything could be seen. */
  get error(): AttemptError | undefined {
    return this.#error;
  }

  /** An answer has begun, be it an empty one. */
  get answered(): boolean {
    return this.#judge.answered;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#settled) return this.#tap.read();
    const open = await this.#events.fill();
    const piece = this.#tap.taken;
    this.#follow();
    return open ? piece : undefined;
  }

  ending(): Ending {
    if (this.#error !== undefined) return { kind: 'failed', error: this.#error };
    if (!this.isWhole) return { kind: 'failed', error: this.#failures.cut() };
    return { kind: 'complete', usage: this.#judge.usage, storable: this.#judge.storable };
  }

  #follow(): void {
    try {
      for (let event = this.#events.take(); event !== undefined && !this.#settled; event = this.#events.take()) this.#see(event);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#settled = true;
      this.#error ??= this.#failures.ofWire(error);
    }
  }

  #see(event: Parameters<Judge['see']>[0]): void {
    const seen = this.#judge.see(event);
    switch (seen.kind) {
      case 'nothing':
        return;
      case 'output':
        this.hasOutput = true;
        return;
      case 'end':
        this.#ended = true;
        return;
      case 'error':
        this.#fail(this.#failures.inBand(seen.body));
        return;
      case 'malformed':
        this.#fail(this.#failures.malformed(seen.data));
    }
  }

  #fail(error: AttemptError): void {
    // What a server says after its own end is no news.
    if (!this.#ended) this.#error = error;
    this.#settled = true;
  }
}

/** Bytes on their way to a reader of events, of whom others want them as well. */
class Tap {
  readonly #body: Pick<WireBody, 'read'>;
  taken: Uint8Array | undefined;

  constructor(body: Pick<WireBody, 'read'>) {
    this.#body = body;
  }

  async read(): Promise<Uint8Array | undefined> {
    this.taken = await this.#body.read();
    return this.taken;
  }
}

function parse(pieces: readonly Uint8Array[]): unknown {
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

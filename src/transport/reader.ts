import type { ChatChunk } from '../chat/chunk.ts';
import type { Clock } from '../clock.ts';
import type { AttemptError } from '../failure.ts';
import type { Decoded, StreamDecoder } from '../providers/provider.ts';
import { WireError, type EventReader, type WireEvent } from '../wire/index.ts';
import { Alarm } from './alarm.ts';

/** The next thing of a stream: a chunk, or its end. `undefined`: more bytes are needed. */
export type Next = { readonly chunk: ChatChunk } | 'end' | undefined;

/** What a reader makes of what it cannot read itself. */
export interface StreamFailures {
  /** An error inside the stream, in the provider's own shape. */
  inBand(body: unknown): AttemptError;
  /** An event that does not parse. */
  malformed(data: string): AttemptError;
  cut(): AttemptError;
}

/** How long a wait for bytes may take, and what happens then. */
export interface Patience {
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
  readonly giveUp: () => void;
}

/** Reads chunks from events, in batches: all that has come is at hand without waiting. */
export class ChunkReader {
  readonly #events: EventReader;
  readonly #decoder: StreamDecoder;
  readonly #failures: StreamFailures;
  readonly #patience: Patience;
  readonly #idle: Alarm;
  #open = true;
  #ended = false;
  /** What the terminal marker said. */
  #last: readonly ChatChunk[] = [];

  constructor(events: EventReader, decoder: StreamDecoder, failures: StreamFailures, patience: Patience) {
    this.#events = events;
    this.#decoder = decoder;
    this.#failures = failures;
    this.#patience = patience;
    this.#idle = new Alarm(patience.clock, patience.giveUp);
  }

  /** What is at hand. Throws an `AttemptError` for an error inside the stream or a stream that was cut. */
  take(): Next {
    if (this.#ended) return this.#end(this.#last);
    for (let event = this.#events.take(); event !== undefined; event = this.#events.take()) {
      const decoded = this.#decode(event);
      if (decoded.kind === 'chunk') return decoded;
      if (decoded.kind === 'end') return this.#end(decoded.chunks ?? []);
      if (decoded.kind === 'error') throw this.#failures.inBand(decoded.body);
    }
    if (this.#open) return undefined;
    if (this.#decoder.complete) return this.#end([]);
    throw this.#failures.cut();
  }

  /** Waits for more bytes, or the end of the body. Only this wait is timed: a slow reader is not an idle server. */
  async fill(): Promise<void> {
    const { clock, idleTimeoutMs } = this.#patience;
    this.#idle.set(clock.now() + idleTimeoutMs);
    try {
      this.#open = await this.#events.fill();
    } catch (error) {
      // Some servers end with a reset instead of a marker: an answer that is complete has nothing to lose by it.
      if (!(error instanceof WireError && error.kind === 'network' && this.#decoder.complete)) throw error;
      this.#open = false;
    }
    this.#idle.mute();
  }

  /** Nothing will be read any more. */
  close(): void {
    this.#idle.cancel();
  }

  #end([chunk, ...rest]: readonly ChatChunk[]): Next {
    this.#ended = true;
    this.#last = rest;
    return chunk === undefined ? 'end' : { chunk };
  }

  #decode(event: WireEvent): Decoded {
    try {
      return this.#decoder.decode(event);
    } catch (error) {
      // Anything else is a bug of ours, and is not to be taken for the provider's.
      if (error instanceof SyntaxError) throw this.#failures.malformed(event.data);
      throw error;
    }
  }
}

import type { ChatChunk } from '../chat/chunk.ts';
import type { Clock } from '../clock.ts';
import type { AttemptError } from '../failure.ts';
import type { Decoded, StreamDecoder } from '../providers/provider.ts';
import { WireError, type EventReader, type WireEvent } from '../wire/index.ts';
import { Alarm } from './alarm.ts';

/** The next thing of a stream: a chunk, or its end. `undefined`: more bytes are needed. */
export type Next<Chunk> = { readonly chunk: Chunk } | 'end' | undefined;

/** What ends the reading, once what came before it is read. */
type Stop =
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly body: unknown }
  | { readonly kind: 'malformed'; readonly data: string }
  | { readonly kind: 'thrown'; readonly error: unknown };

/**
 * Events decoded at once. Readers of many streams take turns with each chunk: decoded one by one, each of them would find its memory
 * cold. Bounded, as chunks are larger than their events.
 */
const AHEAD = 16;

const END: Stop = { kind: 'end' };

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
  #ready: Exclude<Next<ChatChunk>, 'end' | undefined>[] = [];
  #next = 0;
  #stop: Stop | undefined;

  constructor(events: EventReader, decoder: StreamDecoder, failures: StreamFailures, patience: Patience) {
    this.#events = events;
    this.#decoder = decoder;
    this.#failures = failures;
    this.#patience = patience;
    this.#idle = new Alarm(patience.clock, patience.giveUp);
  }

  /** What is at hand. Throws an `AttemptError` for an error inside the stream or a stream that was cut. */
  take(): Next<ChatChunk> {
    if (this.#next === this.#ready.length) this.#decodeAhead();
    const ready = this.#ready[this.#next];
    if (ready !== undefined) {
      this.#next += 1;
      return ready;
    }
    if (this.#stop !== undefined) return this.#finish(this.#stop);
    if (this.#open) return undefined;
    if (this.#decoder.complete) return 'end';
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

  #finish(stop: Stop): 'end' {
    if (stop.kind === 'end') return 'end';
    if (stop.kind === 'error') throw this.#failures.inBand(stop.body);
    if (stop.kind === 'malformed') throw this.#failures.malformed(stop.data);
    throw stop.error;
  }

  #decodeAhead(): void {
    if (this.#next > 0) this.#ready = [];
    this.#next = 0;
    try {
      while (this.#stop === undefined && this.#ready.length < AHEAD) {
        const event = this.#events.take();
        if (event === undefined) return;
        this.#decode(event);
      }
    } catch (error) {
      this.#stop = { kind: 'thrown', error };
    }
  }

  #decode(event: WireEvent): void {
    const decoded = this.#toDecoded(event);
    if (decoded === undefined) this.#stop = { kind: 'malformed', data: event.data };
    else if (decoded.kind === 'chunk') this.#ready.push(decoded);
    else if (decoded.kind === 'error') this.#stop = decoded;
    else if (decoded.kind === 'end') {
      for (const chunk of decoded.chunks ?? []) this.#ready.push({ chunk });
      this.#stop = END;
    }
  }

  /** `undefined` for what does not parse. */
  #toDecoded(event: WireEvent): Decoded | undefined {
    try {
      return this.#decoder.decode(event);
    } catch (error) {
      // Anything else is a bug of ours, and is not to be taken for the provider's.
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

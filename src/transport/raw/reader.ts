import type { End } from '../../call.ts';
import { Collector } from '../../chat/collect.ts';
import type { ChatCompletion } from '../../chat/reply.ts';
import type { Clock } from '../../clock.ts';
import { type WireBody, WireError } from '../../wire/index.ts';
import { Alarm } from '../alarm.ts';
import { RELEASE_MS } from '../exchange.ts';
import type { Next } from '../reader.ts';
import { type PartReader, type Tally, toInterruption } from '../stream.ts';
import type { Source } from './source.ts';

/** How long a wait for bytes may take, and what happens then. */
export interface Patience {
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
  readonly giveUp: () => void;
}

/** Reads bytes as they come. */
export class ByteReader implements PartReader<Uint8Array> {
  readonly #source: Source;
  readonly #body: WireBody;
  readonly #patience: Patience;
  readonly #idle: Alarm;
  #piece: Uint8Array | undefined;
  #open = true;

  constructor(source: Source, body: WireBody, patience: Patience) {
    this.#source = source;
    this.#body = body;
    this.#patience = patience;
    this.#idle = new Alarm(patience.clock, () => this.#giveUp());
  }

  /** Every byte that came was taken. */
  get isEmpty(): boolean {
    return this.#piece === undefined;
  }

  take(): Next<Uint8Array> {
    const piece = this.#piece;
    this.#piece = undefined;
    if (piece !== undefined) return { chunk: piece };
    return this.#open ? undefined : 'end';
  }

  /** Only this wait is timed: a slow reader is not an idle server. */
  async fill(): Promise<void> {
    const { clock, idleTimeoutMs } = this.#patience;
    this.#idle.set(clock.now() + (this.#source.ended ? RELEASE_MS : idleTimeoutMs));
    try {
      this.#piece = await this.#source.read();
      this.#open = this.#piece !== undefined;
    } catch (error) {
      // Some servers end with a reset instead of a marker: an answer that is complete has nothing to lose by it.
      if (!(error instanceof WireError && error.kind === 'network' && this.#source.isWhole)) throw error;
      this.#open = false;
    }
    this.#idle.mute();
  }

  close(): void {
    this.#idle.cancel();
  }

  #giveUp(): void {
    // The answer is here: a body that stays open has nothing to add.
    if (this.#source.ended) this.#body.cancel();
    else this.#patience.giveUp();
  }
}

/** Bytes come to nothing but their end. */
export class ByteTally implements Tally<Uint8Array> {
  readonly #source: Source;
  readonly #reader: ByteReader;

  constructor(source: Source, reader: ByteReader) {
    this.#source = source;
    this.#reader = reader;
  }

  get isWhole(): boolean {
    return this.#source.isWhole;
  }

  get isOver(): boolean {
    return this.#source.ended && this.#reader.isEmpty;
  }

  add(): void {}

  /** Bytes that passed are nobody's to put together. */
  partial(): ChatCompletion {
    return new Collector().reply();
  }

  /** A stream that says itself that it failed has ended well for its reader, who sees it; for key and route it has not. */
  end(): End {
    const ending = this.#source.ending();
    if (ending.kind === 'complete') return { status: 'complete', usage: ending.usage, storable: ending.storable };
    const { error } = ending;
    return { status: 'failed', error: toInterruption(error, this.partial()), verdict: error.verdict };
  }
}

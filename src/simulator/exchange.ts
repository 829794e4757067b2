import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { Performance, WireAnswer } from './performance.ts';

/** Who wants to know how an exchange goes. */
export interface Watch {
  /** The status line is about to be sent. */
  status(status: number): void;
  /**
   * Called once, before the last byte leaves, so that whoever reads the answer finds the counts already right.
   * `share` of the frames were sent; `gone` when the client left before the end.
   */
  end(share: number, gone: boolean): void;
}

/** One request and its response: pauses, writes and ends, and stops as soon as the client is gone. */
export class Exchange {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #closed: Promise<false>;

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
    this.#closed = new Promise((resolve) => response.once('close', () => resolve(false)));
    // Writing to a client that has just left is no error here: `close` follows and says the same.
    response.on('error', () => undefined);
  }

  get #gone(): boolean {
    return this.#response.destroyed || this.#response.socket === null;
  }

  /** True when the time has passed, false when the client left before. */
  async pause(ms: number): Promise<boolean> {
    if (this.#gone) return false;
    if (ms <= 0) return true;
    let cancel = (): void => undefined;
    const passed = new Promise<true>((resolve) => {
      const timer = this.#clock.after(ms, () => resolve(true));
      cancel = () => timer.cancel();
    });
    const stayed = await Promise.race([passed, this.#closed]);
    cancel();
    return stayed;
  }

  /** Sends what is to be sent, if the client waits for it. */
  async perform(performance: Performance, watch: Watch): Promise<void> {
    if (performance.kind === 'answer') return this.#answer(performance, watch);
    if (performance.kind === 'hang') {
      await this.#closed;
      return watch.end(0, true);
    }
    watch.end(0, false);
    this.#response.socket?.resetAndDestroy();
  }

  async #answer(answer: WireAnswer, watch: Watch): Promise<void> {
    this.#response.writeHead(answer.status, answer.headers);
    watch.status(answer.status);
    // The last frame goes out together with the end of the message.
    const apart = answer.ending === 'end' ? answer.frames.length - 1 : answer.frames.length;
    for (let index = 0; index < apart; index++) {
      if (!(await this.#send(answer, index))) return watch.end(index / answer.frames.length, true);
    }
    if (answer.ending === 'end' && apart > 0 && !(await this.pause(answer.paceMs()))) return watch.end(apart / answer.frames.length, true);
    await this.#finish(answer, watch);
  }

  async #send(answer: WireAnswer, index: number): Promise<boolean> {
    if (!(await this.pause(index === 0 ? 0 : answer.paceMs()))) return false;
    const written = new Promise<boolean>((resolve) => this.#response.write(answer.frames[index], (error) => resolve(error == null)));
    return Promise.race([written, this.#closed]);
  }

  async #finish(answer: WireAnswer, watch: Watch): Promise<void> {
    if (answer.ending === 'silence') {
      this.#response.flushHeaders();
      await this.#closed;
      return watch.end(1, true);
    }
    if (answer.ending !== 'end') {
      this.#response.flushHeaders();
      // What was written must leave before the connection is dropped.
      await nextTurn();
      watch.end(1, false);
      return void (answer.ending === 'reset' ? this.#response.socket?.resetAndDestroy() : this.#response.socket?.destroy());
    }
    watch.end(1, this.#gone);
    this.#response.end(answer.frames.at(-1));
  }
}

/** Bodies above this are refused, as every provider does somewhere: 32 MiB. */
const LONGEST_BODY = 32 * 2 ** 20;

/** The body of a request: its text, `too long`, or `gone` when the client left while sending it. */
export async function readText(request: IncomingMessage): Promise<{ readonly text: string } | 'too long' | 'gone'> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      // The rest is read all the same: an answer to a client that is still sending would look like a reset.
      if (length <= LONGEST_BODY) chunks.push(chunk);
    }
  } catch {
    return 'gone';
  }
  return length > LONGEST_BODY ? 'too long' : { text: Buffer.concat(chunks).toString('utf8') };
}

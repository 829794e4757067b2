import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { WireBody } from './body.ts';
import { WireError } from './failure.ts';
import type { EventReader, WireEvent } from './types.ts';

/** Field names and spaces around the data of an event that the parser counts with it. */
const SLACK = 1024;

/** Splits bytes into server-sent events, the same however they are cut. */
export class EventDecoder {
  // The byte order mark is ours to drop: this decoder may first be used in the middle of a stream.
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #parser;
  readonly #longest: number;
  #events: WireEvent[] = [];
  #next = 0;
  /** The decoder holds the beginning of a character. */
  #splitting = false;
  #started = false;
  /** The last character was a carriage return. */
  #returned = false;
  #tooLong = false;

  /** `longest`: UTF-16 units of one event's data. */
  constructor(longest: number) {
    this.#longest = longest;
    this.#parser = createParser({
      maxBufferSize: longest + SLACK,
      onEvent: (event) => this.#add(event),
      // The other errors are unknown fields, which the standard ignores.
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') this.#tooLong = true;
      },
    });
  }

  /** The next event at hand. Throws a `WireError` where it is longer than allowed. */
  take(): WireEvent | undefined {
    const event = this.#events[this.#next];
    if (event !== undefined) {
      this.#next += 1;
      return event;
    }
    if (this.#tooLong) {
      throw new WireError('unreadable', `one event of the stream is longer than allowed: more than ${this.#longest} characters`, {
        reached: true,
      });
    }
    if (this.#next > 0) {
      this.#events = [];
      this.#next = 0;
    }
    return undefined;
  }

  feed(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#parse(this.#toText(bytes));
  }

  /**
   * The body is over. The standard drops an event without its blank line, but providers forget it after their last one: it is marked,
   * and who knows the protocol can tell whether it is whole.
   */
  end(): void {
    this.#parse(this.#utf8.decode());
    // The parser waits for the line feed that may follow a carriage return.
    if (this.#returned) this.#parse('\n');
    const before = this.#events.length;
    this.#parse('\n\n');
    const last = this.#events[before];
    if (last !== undefined) this.#events[before] = { ...last, unterminated: true };
  }

  #toText(bytes: Uint8Array): string {
    const last = bytes.at(-1) ?? 0;
    // A piece that ends in ASCII splits no character, and Node decodes such a piece far faster.
    const whole = !this.#splitting && last < 0x80;
    this.#splitting = last >= 0x80;
    return whole
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
      : this.#utf8.decode(bytes, { stream: true });
  }

  #parse(text: string): void {
    if (text === '' || this.#tooLong) return;
    const first = !this.#started;
    this.#started = true;
    this.#returned = text.endsWith('\r');
    this.#parser.feed(first && text.startsWith('\ufeff') ? text.slice(1) : text);
  }

  #add(message: EventSourceMessage): void {
    if (this.#tooLong) return;
    if (message.data.length > this.#longest) this.#tooLong = true;
    else this.#events.push({ event: message.event, data: message.data });
  }
}

/** Server-sent events of one body. */
export class SseReader implements EventReader {
  readonly #body: Pick<WireBody, 'read'>;
  readonly #decoder: EventDecoder;

  constructor(body: Pick<WireBody, 'read'>, longest: number) {
    this.#body = body;
    this.#decoder = new EventDecoder(longest);
  }

  take(): WireEvent | undefined {
    return this.#decoder.take();
  }

  async fill(): Promise<boolean> {
    const bytes = await this.#body.read();
    if (bytes === undefined) this.#decoder.end();
    else this.#decoder.feed(bytes);
    return bytes !== undefined;
  }
}

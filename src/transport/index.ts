import type { Answer, End, Leased, Send } from '../call.ts';
import type { Asked } from '../chat/asked.ts';
import type { ChatChunk } from '../chat/chunk.ts';
import { hasOutput } from '../chat/chunk.ts';
import { Collector } from '../chat/collect.ts';
import type { ChatCompletion, Usage, Whole } from '../chat/reply.ts';
import { readUsage } from '../chat/usage.ts';
import type { AttemptError } from '../failure.ts';
import type { DecodeContext } from '../providers/provider.ts';
import { readErrorBody, type WireResponse } from '../wire/index.ts';
import { Exchange, type Reading, type Settings, type TransportOptions } from './exchange.ts';
import { exchangeRaw } from './raw.ts';
import { ChunkReader, type StreamFailures } from './reader.ts';
import { toReplayed } from './replay.ts';
import { PartStream, type Tally } from './stream.ts';

export type { TransportOptions } from './exchange.ts';

/** The bottom of the stack: send what was encoded, decode what comes. Fails with `AttemptError` or the caller's own reason. */
export function createTransport(options: TransportOptions): Send<Leased> {
  const settings: Settings = { unreadTimeoutMs: 60_000, ...options };
  return (call) => {
    const { asked } = call;
    if (asked.operation === 'fetch') return exchangeRaw(call, asked, settings);
    const exchange = new Exchange(call, settings);
    return exchange.run(new Decoding(exchange, asked));
  };
}

/** Reads what a protocol encoded. */
class Decoding implements Reading {
  readonly #exchange: Exchange;
  readonly #asked: Asked;

  constructor(exchange: Exchange, asked: Asked) {
    this.#exchange = exchange;
    this.#asked = asked;
  }

  answer(response: WireResponse): Promise<Answer> {
    return this.#exchange.call.stream ? this.#stream(response) : response.body.text().then((text) => this.#whole(text, response));
  }

  async refused(response: WireResponse): Promise<AttemptError> {
    const { findings } = this.#exchange;
    const { body } = response;
    const said = await this.#exchange.shortly(body, () => readErrorBody(body, findings.scrubber));
    return findings.refused(said, response);
  }

  #whole(text: string, response: WireResponse): Answer {
    const { whole, raw } = this.#decodeWhole(text, response);
    this.#exchange.attempt.close();
    const end: End = { status: 'complete', usage: readUsage(whole) };
    return { kind: 'whole', whole, raw, done: Promise.resolve(end), end };
  }

  #decodeWhole(text: string, response: WireResponse): { readonly whole: Whole; readonly raw: unknown } {
    const raw = this.#parse(text, response);
    const decoded = this.#exchange.call.target.provider.protocol.decodeWhole(raw, this.#context());
    if ('error' in decoded) throw this.#exchange.findings.inBand(decoded.error, response);
    return { whole: decoded.whole, raw };
  }

  #context(): DecodeContext {
    const { target } = this.#exchange.call;
    return {
      asked: this.#asked,
      provider: target.provider.name,
      model: target.model,
      now: this.#exchange.settings.clock.now(),
      requestId: this.#exchange.requestId,
    };
  }

  #parse(text: string, response: WireResponse): unknown {
    try {
      return JSON.parse(text);
    } catch {
      // The parser's own error quotes the text unscrubbed, so it is not kept.
      throw this.#exchange.findings.malformed('the answer is not JSON', text, response);
    }
  }

  async #stream(response: WireResponse): Promise<Answer> {
    const type = response.headers['content-type'] ?? '';
    if (/^text\/html/i.test(type))
      throw this.#exchange.findings.malformed('the answer is a page, not a stream', await response.body.text(), response);
    // A server that does not stream answers all the same.
    if (/^application\/([a-z.]+\+)?json\b/i.test(type)) return this.#replay(await response.body.text(), response);
    const reader = this.#read(response);
    try {
      return await this.#commit(response, reader);
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  #replay(text: string, response: WireResponse): Answer {
    // Only chats are streamed.
    const whole = this.#decodeWhole(text, response).whole as ChatCompletion;
    this.#exchange.attempt.close();
    this.#exchange.noteFirst();
    return toReplayed(whole, readUsage(whole));
  }

  /** Holds back what comes before the first output: until then another key or provider can take over unseen. */
  async #commit(response: WireResponse, reader: ChunkReader): Promise<Answer> {
    const { clock, unreadTimeoutMs } = this.#exchange.settings;
    const { body } = response;
    const held: ChatChunk[] = [];
    for (let next = reader.take(); next !== 'end'; next = reader.take()) {
      if (next === undefined) {
        await reader.fill();
        continue;
      }
      held.push(next.chunk);
      if (!hasOutput(next.chunk)) continue;
      this.#exchange.noteFirst();
      break;
    }
    // A whole answer without a choice is none either.
    if (!held.some(({ choices }) => choices.length > 0))
      throw this.#exchange.findings.malformed('the stream ended without any choice', '', response);
    this.#exchange.attempt.lift();
    const tally = new ChunkTally();
    const parts = new PartStream(
      {
        tally,
        attempt: this.#exchange.attempt,
        body,
        reader,
        clock,
        unreadTimeoutMs,
        explain: (error) => this.#exchange.findings.explain(error),
        release: () => this.#exchange.release(body),
      },
      held,
    );
    return { kind: 'parts', parts, done: parts.done, collected: () => tally.partial() };
  }

  #read(response: WireResponse): ChunkReader {
    const { wire, clock, idleTimeoutMs } = this.#exchange.settings;
    const failures: StreamFailures = {
      inBand: (body) => this.#exchange.findings.inBand(body, response),
      malformed: (data) => this.#exchange.findings.malformed('an event of the stream is not JSON', data, response),
      cut: () => this.#exchange.findings.cut(),
    };
    const giveUp = (): void => this.#exchange.giveUp();
    const decoder = this.#exchange.call.target.provider.protocol.startStream(this.#context());
    return new ChunkReader(wire.events(response), decoder, failures, { clock, idleTimeoutMs, giveUp });
  }
}

/** Chunks come to a reply. */
class ChunkTally implements Tally<ChatChunk> {
  readonly #collector = new Collector();
  #usage: Usage | undefined;

  /** What was read is not over until it was read to its end. */
  readonly isWhole = false;
  readonly isOver = false;

  add(chunk: ChatChunk): void {
    this.#collector.add(chunk);
    this.#usage = chunk.usage ?? this.#usage;
  }

  partial(): ChatCompletion {
    return this.#collector.reply();
  }

  end(): End {
    return { status: 'complete', usage: this.#usage };
  }
}

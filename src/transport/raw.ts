import type { Answer, End, Leased, RawAnswer } from '../call.ts';
import type { Asked, Passing } from '../chat/asked.ts';
import { isStorable } from '../chat/storable.ts';
import { readUsage } from '../chat/usage.ts';
import type { AttemptError } from '../failure.ts';
import { protocols } from '../providers/known.ts';
import type { DecodeContext, Protocol } from '../providers/provider.ts';
import { isFramed, isJson, readErrorText, WireError, type WireHeaders, type WireResponse } from '../wire/index.ts';
import { Exchange, type Reading, type Settings } from './exchange.ts';
import { findWholeError, GenericJudge, isWholeStorable } from './raw/generic.ts';
import { toPassed } from './raw/headers.ts';
import { ProtocolJudge } from './raw/judge.ts';
import { ByteReader, ByteTally } from './raw/reader.ts';
import { EventSource, type Failures, PlainSource, type Source } from './raw/source.ts';
import { findUsage, readAnyUsage } from './raw/usage.ts';
import { replay } from './replay.ts';
import { PartStream } from './stream.ts';

/** One attempt at a request that the caller wrote: the provider's own bytes come back. */
export function exchangeRaw(call: Leased, asked: Passing, settings: Settings): Promise<Answer> {
  const exchange = new Exchange(call, settings);
  return exchange.run(new Passage(exchange, asked));
}

/** So much is read before it is handed over, of what is one document. */
const SHORT = 64 * 1024;

/** Bytes that are held back for want of output: a server that only says that it lives is passed on. */
const MOST_HELD = 1024 * 1024;

/** Reads what passes as it is. */
class Passage implements Reading {
  readonly #exchange: Exchange;
  readonly #asked: Passing;
  #refused = false;

  constructor(exchange: Exchange, asked: Passing) {
    this.#exchange = exchange;
    this.#asked = asked;
  }

  answer(response: WireResponse): Promise<RawAnswer> | RawAnswer {
    const { endpoint, method } = this.#asked.request;
    const type = response.headers['content-type'] ?? '';
    if (method === 'HEAD' || response.status === 204 || response.status === 205) return this.#bare(response);
    if (this.#hasEvents(type)) return this.#stream(response);
    if (endpoint.kind === 'other' && isShort(response)) return this.#short(response);
    if (endpoint.kind === 'other') return this.#pass(response, new PlainSource(response), []);
    // In words that nobody here knows, what is no JSON may be right.
    if (endpoint.protocol === undefined && !isJson(type)) return this.#pass(response, new PlainSource(response), []);
    return this.#whole(response);
  }

  async refused(response: WireResponse): Promise<AttemptError> {
    const { findings, call } = this.#exchange;
    const { body, status, headers } = response;
    const { value, text } = await this.#exchange.shortly(body, () => readErrorText(body, findings.scrubber));
    call.trace.lastRefusal = { status, headers: toPassed(findings.scrubber.headers(headers)), body: text };
    this.#refused = true;
    return findings.refused(value, response);
  }

  /** A redirect is an answer as well. After any other failure an earlier refusal is not the last word. */
  failed(error: unknown): void {
    const { findings, call, attempt } = this.#exchange;
    if (this.#refused || attempt.endedByCaller) return;
    const head = error instanceof WireError ? WireError.headOf(error) : undefined;
    call.trace.lastRefusal = head && { status: head.status, headers: toPassed(findings.scrubber.headers(head.headers)), body: '' };
  }

  #hasEvents(type: string): boolean {
    const { stream, protocol } = this.#asked.request.endpoint;
    if (/^\s*text\/event-stream\b/i.test(type) || isFramed(type)) return true;
    if (!stream || /^\s*text\/html\b/i.test(type)) return false;
    // Google's streams are an array of JSON unless asked otherwise. Of others one document is an answer of a server that does not stream.
    if (isJson(type)) return protocol === 'google' || !isOneDocument(type);
    // Some servers forget the type.
    return protocol !== undefined;
  }

  /** There is nothing to read, and nobody will: it is over. */
  #bare({ status, headers, body }: WireResponse): RawAnswer {
    this.#exchange.attempt.close();
    this.#exchange.release(body);
    return { kind: 'raw', status, headers: this.#passed(headers), parts: replay([]), done: Promise.resolve({ status: 'complete' }) };
  }

  /** Read at once as far as it is short: many callers look at nothing but the status, and what nobody reads keeps its key for a minute. */
  async #short(response: WireResponse): Promise<RawAnswer> {
    const source = new PlainSource(response);
    const pieces: Uint8Array[] = [];
    for (let length = 0; length <= SHORT; length += pieces.at(-1)?.byteLength ?? 0) {
      const piece = await source.read();
      if (piece === undefined) return this.#read(response, source, pieces);
      pieces.push(piece);
    }
    return this.#pass(response, source, pieces);
  }

  #read({ status, headers }: WireResponse, source: PlainSource, pieces: readonly Uint8Array[]): RawAnswer {
    this.#exchange.attempt.close();
    const { usage, storable } = source.ending();
    const end: End = { status: 'complete', usage, storable };
    return { kind: 'raw', status, headers: this.#passed(headers), parts: replay(pieces), done: Promise.resolve(end) };
  }

  async #whole(response: WireResponse): Promise<RawAnswer> {
    const { attempt } = this.#exchange;
    const bytes = await response.body.bytes();
    const end = this.#judge(bytes, response);
    attempt.close();
    if (this.#exchange.call.stream) this.#exchange.noteFirst();
    const { status, headers } = response;
    return { kind: 'raw', status, headers: this.#passed(headers), parts: replay([bytes]), done: Promise.resolve(end) };
  }

  /** Throws for an error inside a 200. */
  #judge(bytes: Uint8Array, response: WireResponse): End {
    const { findings } = this.#exchange;
    const text = new TextDecoder().decode(bytes);
    const body = parse(text);
    // The parser's own error quotes the text unscrubbed, so it is not kept.
    if (body === undefined) throw findings.malformed('the answer is not JSON', text, response);
    const protocol = this.#protocol();
    if (protocol === undefined) {
      const error = findWholeError(body);
      if (error !== undefined) throw findings.inBand(error, response);
      return { status: 'complete', usage: readAnyUsage(findUsage(body)), storable: isWholeStorable(body) };
    }
    const decoded = protocol.decodeWhole(body, this.#context());
    if ('error' in decoded) throw findings.inBand(decoded.error, response);
    const { whole } = decoded;
    return { status: 'complete', usage: readUsage(whole), storable: isStorable(whole) };
  }

  /** Holds back what comes before the first output: until then another key can take over unseen. */
  async #stream(response: WireResponse): Promise<RawAnswer> {
    const { settings, findings } = this.#exchange;
    const failures: Failures = {
      inBand: (body) => findings.inBand(body, response),
      malformed: (data) => findings.malformed('an event of the stream is not JSON', data, response),
      cut: () => findings.cut(),
      ofWire: (error) => findings.ofWire(error),
    };
    const protocol = this.#protocol();
    const { kind } = this.#asked.request.endpoint;
    const judge = protocol === undefined ? new GenericJudge(kind === 'chat') : new ProtocolJudge(protocol.startStream(this.#context()));
    const source = new EventSource(settings.wire, response, judge, failures);
    const reader = this.#toReader(response, source);
    try {
      const held = await this.#hold(source, reader);
      const isEmpty = !source.hasOutput && source.isWhole && !source.answered;
      if (isEmpty && protocol !== undefined) throw findings.malformed('the stream ended without any choice', '', response);
      return this.#pass(response, source, held, reader);
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  /** What came until the first output, or the end. */
  async #hold(source: EventSource, reader: ByteReader): Promise<Uint8Array[]> {
    const held: Uint8Array[] = [];
    let length = 0;
    while (!source.hasOutput && length <= MOST_HELD) {
      if (source.error !== undefined) throw source.error;
      const next = reader.take();
      if (next === 'end') break;
      if (next === undefined) {
        await reader.fill();
        continue;
      }
      held.push(next.chunk);
      length += next.chunk.byteLength;
    }
    const ending = source.hasOutput || length > MOST_HELD ? undefined : source.ending();
    if (ending?.kind === 'failed') throw ending.error;
    // The piece with the output: what is read but not taken would be nobody's.
    const last = reader.take();
    if (typeof last === 'object') held.push(last.chunk);
    return held;
  }

  #pass(response: WireResponse, source: Source, held: Uint8Array[], reader = this.#toReader(response, source)): RawAnswer {
    const { attempt, settings, findings, call } = this.#exchange;
    if (call.stream) this.#exchange.noteFirst();
    attempt.lift();
    const { body, status, headers } = response;
    const { clock, unreadTimeoutMs } = settings;
    const explain = (error: unknown): unknown => findings.explain(error);
    // The body was read to its end, or has nothing to add.
    const release = (): void => body.cancel();
    const parts = new PartStream<Uint8Array>(
      { attempt, body, reader, tally: new ByteTally(source, reader), clock, unreadTimeoutMs, explain, release },
      held,
    );
    return { kind: 'raw', status, headers: this.#passed(headers), parts, done: parts.done };
  }

  #passed(headers: WireHeaders): Record<string, string> {
    return toPassed(this.#exchange.findings.withoutSecrets(headers));
  }

  #toReader(response: WireResponse, source: Source): ByteReader {
    const { clock, idleTimeoutMs } = this.#exchange.settings;
    return new ByteReader(source, response.body, { clock, idleTimeoutMs, giveUp: () => this.#exchange.giveUp() });
  }

  /** Whose words the answer is in: the provider's own dialect of them, where it speaks so. */
  #protocol(): Protocol | undefined {
    const { protocol: name } = this.#asked.request.endpoint;
    const { protocol } = this.#exchange.call.target.provider;
    if (name === undefined || protocol.name === name) return name && protocol;
    return protocols[name];
  }

  #context(): DecodeContext {
    const { endpoint, model } = this.#asked.request;
    const { target } = this.#exchange.call;
    const asked: Asked =
      endpoint.kind === 'embed'
        ? { operation: 'embed', request: { model, input: '' } }
        : { operation: 'chat', request: { model, messages: [] } };
    return { asked, provider: target.provider.name, model, now: this.#exchange.settings.clock.now(), requestId: this.#exchange.requestId };
  }
}

/** Of JSON nobody can use a part. */
function isShort({ headers }: WireResponse): boolean {
  const length = headers['content-length'];
  return length === undefined ? isOneDocument(headers['content-type'] ?? '') : Number(length) <= SHORT;
}

function isOneDocument(type: string): boolean {
  return /^\s*application\/([\w.-]+\+)?json\s*(;|$)/i.test(type);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

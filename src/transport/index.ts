import type { Answer, Leased, Send } from '../call.ts';
import type { ChatChunk } from '../chat/chunk.ts';
import { hasOutput } from '../chat/chunk.ts';
import { toChunks } from '../chat/replay.ts';
import type { ChatCompletion, Embeddings } from '../chat/reply.ts';
import type { Clock } from '../clock.ts';
import { AttemptError } from '../failure.ts';
import type { Secret } from '../secret.ts';
import { readErrorBody, Scrubber, WireError, type Wire, type WireBody, type WireResponse } from '../wire/index.ts';
import { Attempt } from './attempt.ts';
import { toAttemptError, toCut, toMalformed, toTimeout, type Place } from './failures.ts';
import { ChunkReader, type StreamFailures } from './reader.ts';
import { ChunkStream } from './stream.ts';

export interface TransportOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  /** Streams: until the first output, ms; `Infinity` is never. */
  readonly firstTokenTimeoutMs: number;
  /** Streams: longest wait for bytes while somebody reads, ms; `Infinity` is never. */
  readonly idleTimeoutMs: number;
  /** Streams: longest pause of the reader before the exchange is given up, ms. @default 60_000 */
  readonly unreadTimeoutMs?: number;
}

/** The body of a refusal may take this long; its status says most of it already. */
const ERROR_BODY_MS = 5_000;

/** How long a connection may take to end its body after the terminal marker, before it is dropped instead of kept. */
const RELEASE_MS = 1_000;

/** The bottom of the stack: encode, send, decode. Fails with `AttemptError`, the caller's own reason, or an error of the encoder. */
export function createTransport(options: TransportOptions): Send<Leased> {
  const settings: Settings = { unreadTimeoutMs: 60_000, ...options };
  return async (call) => {
    const { provider, model } = call.target;
    const request = provider.protocol.encode({ asked: call.asked, model, stream: call.stream, provider });
    return new Exchange(call, request, settings).run();
  };
}

type Settings = Required<TransportOptions>;
type Request = Parameters<Wire['send']>[0];

/** One attempt on its way: what its steps share. */
class Exchange {
  readonly #call: Leased;
  readonly #settings: Settings;
  readonly #request: Request;
  readonly #attempt: Attempt;
  readonly #scrubber: Scrubber;
  #reached = false;
  #body: WireBody | undefined;
  /** Stops the timers that end with the first output. */
  #begun: () => void = () => {};

  constructor(call: Leased, request: Request, settings: Settings) {
    this.#call = call;
    this.#request = request;
    this.#settings = settings;
    this.#attempt = new Attempt(settings.clock, call.deadline);
    this.#scrubber = new Scrubber(toHidden(call));
  }

  async run(): Promise<Answer> {
    const { settings, stream } = this.#call;
    const stopAttempt = this.#limit('attemptTimeoutMs', settings.attemptTimeoutMs);
    const stopFirst = this.#limit('firstTokenTimeoutMs', stream ? this.#settings.firstTokenTimeoutMs : Infinity);
    this.#begun = () => {
      stopAttempt();
      stopFirst();
    };
    try {
      const response = await this.#send();
      if (response.status < 200 || response.status > 299) throw await this.#refused(response);
      return await (stream ? this.#stream(response) : this.#whole(response));
    } catch (error) {
      this.#attempt.close();
      // Whatever failed, and be it we: a body that nobody reads would keep its socket for ever.
      this.#body?.cancel();
      throw this.#explain(error);
    }
  }

  async #send(): Promise<WireResponse> {
    const { lease, target, trace } = this.#call;
    const { protocol } = target.provider;
    const credential = lease.secret === undefined ? undefined : { secret: lease.secret, place: protocol.auth };
    const opened = (): void => {
      this.#reached = true;
      lease.sent();
    };
    const response = await this.#settings.wire.send(this.#request, credential, this.#attempt, opened, this.#scrubber);
    this.#body = response.body;
    const { requestId, organization } = protocol.readIds(this.#scrubber.headers(response.headers));
    if (requestId !== undefined) trace.named(requestId);
    lease.heard(protocol.readLimits(response.headers), organization);
    return response;
  }

  async #refused(response: WireResponse): Promise<AttemptError> {
    const { body } = response;
    const timer = this.#settings.clock.after(ERROR_BODY_MS, () => body.cancel());
    try {
      return this.#classify(await readErrorBody(body, this.#scrubber), response, false);
    } finally {
      timer.cancel();
    }
  }

  async #whole(response: WireResponse): Promise<Answer> {
    const { protocol } = this.#call.target.provider;
    const whole = await this.#decodeWhole(response);
    this.#attempt.close();
    return { kind: 'whole', whole, done: Promise.resolve({ status: 'complete', usage: protocol.readUsage(whole) }) };
  }

  async #decodeWhole(response: WireResponse): Promise<ChatCompletion | Embeddings> {
    const { asked, target } = this.#call;
    const decoded = target.provider.protocol.decodeWhole(asked, this.#parse(await response.body.text(), response));
    if ('error' in decoded) throw this.#inBand(decoded.error, response);
    return decoded.whole;
  }

  #parse(text: string, { status }: WireResponse): unknown {
    try {
      return JSON.parse(text);
    } catch {
      // The parser's own error quotes the text unscrubbed, so it is not kept.
      throw this.#malformed('the answer is not JSON', text, status);
    }
  }

  async #stream(response: WireResponse): Promise<Answer> {
    const type = response.headers['content-type'] ?? '';
    if (/^text\/html/i.test(type)) throw this.#malformed('the answer is a page, not a stream', await response.body.text(), response.status);
    // A server that does not stream answers all the same.
    if (/^application\/([a-z.]+\+)?json\b/i.test(type)) return this.#replay(response);
    const reader = this.#read(response);
    try {
      return await this.#commit(response.body, reader);
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  async #replay(response: WireResponse): Promise<Answer> {
    // Only chats are streamed.
    const whole = (await this.#decodeWhole(response)) as ChatCompletion;
    this.#attempt.close();
    this.#noteFirst();
    const usage = this.#call.target.provider.protocol.readUsage(whole);
    const done = Promise.resolve({ status: 'complete', usage } as const);
    return { kind: 'parts', parts: replay(toChunks(whole)), done, collected: () => whole };
  }

  /** Holds back what comes before the first output: until then another key or provider can take over unseen. */
  async #commit(body: WireBody, reader: ChunkReader): Promise<Answer> {
    const { clock, unreadTimeoutMs } = this.#settings;
    const held: ChatChunk[] = [];
    for (let next = reader.take(); next !== 'end'; next = reader.take()) {
      if (next === undefined) {
        await reader.fill();
        continue;
      }
      held.push(next.chunk);
      if (!hasOutput(next.chunk)) continue;
      this.#noteFirst();
      break;
    }
    this.#begun();
    const parts = new ChunkStream(
      {
        attempt: this.#attempt,
        body,
        reader,
        clock,
        unreadTimeoutMs,
        explain: (error) => this.#explain(error),
        release: () => release(body, clock),
      },
      held,
    );
    return { kind: 'parts', parts, done: parts.done, collected: () => parts.collected() };
  }

  #read(response: WireResponse): ChunkReader {
    const { wire, clock, idleTimeoutMs } = this.#settings;
    const failures: StreamFailures = {
      inBand: (body) => this.#inBand(body, response),
      malformed: (data) => this.#malformed('an event of the stream is not JSON', data, response.status),
      cut: () => toCut(this.#place),
    };
    const giveUp = (): void => this.#attempt.end(toTimeout(this.#place, 'idleTimeoutMs', idleTimeoutMs, true));
    const decoder = this.#call.target.provider.protocol.startStream();
    return new ChunkReader(wire.events(response.body), decoder, failures, { clock, idleTimeoutMs, giveUp });
  }

  #inBand(error: unknown, response: WireResponse): AttemptError {
    return this.#classify(this.#scrubber.value(error), response, true);
  }

  #classify(body: unknown, { status, headers }: WireResponse, inBand: boolean): AttemptError {
    const { target } = this.#call;
    const { protocol } = target.provider;
    const clean = this.#scrubber.headers(headers);
    const { requestId } = protocol.readIds(clean);
    const verdict = protocol.classify({ status, headers: clean, body, inBand }, target.provider, this.#settings.clock.now());
    return new AttemptError({ ...(requestId === undefined ? {} : { requestId }), ...verdict }, { reached: true });
  }

  #malformed(what: string, text: string, status: number): AttemptError {
    return toMalformed(this.#place, what, this.#scrubber.text(text), status);
  }

  get #place(): Place {
    const { provider, model } = this.#call.target;
    return { provider: provider.name, model, host: new URL(this.#request.url).host };
  }

  #explain(error: unknown): unknown {
    return error instanceof WireError ? toAttemptError(error, this.#place) : error;
  }

  #noteFirst(): void {
    this.#call.trace.firstTokenAt ??= this.#settings.clock.now();
  }

  #limit(what: string, ms: number): () => void {
    return this.#attempt.limit(ms, () => toTimeout(this.#place, what, ms, this.#reached));
  }
}

/** The key, and the caller's other credentials. */
function toHidden({ lease, target }: Leased): readonly Secret[] {
  const { hidden = [] } = target.provider;
  return lease.secret === undefined ? hidden : [lease.secret, ...hidden];
}

async function* replay(chunks: readonly ChatChunk[]): AsyncGenerator<ChatChunk, undefined> {
  yield* chunks;
  return undefined;
}

/** The answer is complete: its connection may serve again once the server ends the body, which is mostly at once. */
function release(body: WireBody, clock: Clock): void {
  if (body.over) return;
  const timer = clock.after(RELEASE_MS, () => body.cancel(), { background: true });
  void body.discard().then(() => timer.cancel());
}

import type { Answer, Leased, Send } from '../call.ts';
import type { ChatChunk } from '../chat/chunk.ts';
import { hasOutput } from '../chat/chunk.ts';
import type { ChatCompletion, Embeddings } from '../chat/reply.ts';
import type { Clock } from '../clock.ts';
import type { AttemptError } from '../failure.ts';
import { readErrorBody, type Wire, type WireBody, type WireResponse } from '../wire/index.ts';
import { Attempt } from './attempt.ts';
import { Findings } from './findings.ts';
import { ChunkReader, type StreamFailures } from './reader.ts';
import { toReplayed } from './replay.ts';
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
  readonly #findings: Findings;
  #reached = false;
  #body: WireBody | undefined;
  /** Stops the timers that end with the first output. */
  #begun: () => void = () => {};

  constructor(call: Leased, request: Request, settings: Settings) {
    this.#call = call;
    this.#request = request;
    this.#settings = settings;
    this.#attempt = new Attempt(settings.clock, call.deadline);
    this.#findings = new Findings(call, request.url, settings.clock);
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
      throw this.#findings.explain(error);
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
    const response = await this.#settings.wire.send(this.#request, credential, this.#attempt, opened, this.#findings.scrubber);
    this.#body = response.body;
    const { requestId, organization } = this.#findings.readIds(response);
    if (requestId !== undefined) trace.named(requestId);
    lease.heard(protocol.readLimits(response.headers), organization);
    return response;
  }

  async #refused(response: WireResponse): Promise<AttemptError> {
    const { body } = response;
    const timer = this.#settings.clock.after(ERROR_BODY_MS, () => body.cancel());
    try {
      return this.#findings.refused(await readErrorBody(body, this.#findings.scrubber), response);
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
    if ('error' in decoded) throw this.#findings.inBand(decoded.error, response);
    return decoded.whole;
  }

  #parse(text: string, response: WireResponse): unknown {
    try {
      return JSON.parse(text);
    } catch {
      // The parser's own error quotes the text unscrubbed, so it is not kept.
      throw this.#findings.malformed('the answer is not JSON', text, response);
    }
  }

  async #stream(response: WireResponse): Promise<Answer> {
    const type = response.headers['content-type'] ?? '';
    if (/^text\/html/i.test(type))
      throw this.#findings.malformed('the answer is a page, not a stream', await response.body.text(), response);
    // A server that does not stream answers all the same.
    if (/^application\/([a-z.]+\+)?json\b/i.test(type)) return this.#replay(response);
    const reader = this.#read(response);
    try {
      return await this.#commit(response, reader);
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
    return toReplayed(whole, this.#call.target.provider.protocol.readUsage(whole));
  }

  /** Holds back what comes before the first output: until then another key or provider can take over unseen. */
  async #commit(response: WireResponse, reader: ChunkReader): Promise<Answer> {
    const { clock, unreadTimeoutMs } = this.#settings;
    const { body } = response;
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
    // A whole answer without a choice is none either.
    if (!held.some(({ choices }) => choices.length > 0))
      throw this.#findings.malformed('the stream ended without any choice', '', response);
    this.#begun();
    const parts = new ChunkStream(
      {
        attempt: this.#attempt,
        body,
        reader,
        clock,
        unreadTimeoutMs,
        explain: (error) => this.#findings.explain(error),
        release: () => release(body, clock),
      },
      held,
    );
    return { kind: 'parts', parts, done: parts.done, collected: () => parts.collected() };
  }

  #read(response: WireResponse): ChunkReader {
    const { wire, clock, idleTimeoutMs } = this.#settings;
    const failures: StreamFailures = {
      inBand: (body) => this.#findings.inBand(body, response),
      malformed: (data) => this.#findings.malformed('an event of the stream is not JSON', data, response),
      cut: () => this.#findings.cut(),
    };
    const giveUp = (): void => this.#attempt.end(this.#findings.timeout('idleTimeoutMs', idleTimeoutMs, true));
    const decoder = this.#call.target.provider.protocol.startStream();
    return new ChunkReader(wire.events(response.body), decoder, failures, { clock, idleTimeoutMs, giveUp });
  }

  #noteFirst(): void {
    this.#call.trace.firstTokenAt ??= this.#settings.clock.now();
  }

  #limit(what: string, ms: number): () => void {
    return this.#attempt.limit(ms, () => this.#findings.timeout(what, ms, this.#reached));
  }
}

/** The answer is complete: its connection may serve again once the server ends the body, which is mostly at once. */
function release(body: WireBody, clock: Clock): void {
  if (body.over) return;
  const timer = clock.after(RELEASE_MS, () => body.cancel(), { background: true });
  void body.discard().then(() => timer.cancel());
}

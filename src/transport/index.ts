import type { Answer, End, Leased, Send } from '../call.ts';
import type { Asked } from '../chat/asked.ts';
import type { ChatChunk } from '../chat/chunk.ts';
import { hasOutput } from '../chat/chunk.ts';
import type { ChatCompletion, Whole } from '../chat/reply.ts';
import { readUsage } from '../chat/usage.ts';
import type { Clock } from '../clock.ts';
import type { AttemptError } from '../failure.ts';
import type { DecodeContext } from '../providers/provider.ts';
import { readErrorBody, type Wire, type WireBody, type WireResponse } from '../wire/index.ts';
import { Attempt } from './attempt.ts';
import { Findings } from './findings.ts';
import { exchangeRaw } from './raw.ts';
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

/** The bottom of the stack: send what was encoded, decode what comes. Fails with `AttemptError` or the caller's own reason. */
export function createTransport(options: TransportOptions): Send<Leased> {
  const settings: Settings = { unreadTimeoutMs: 60_000, ...options };
  return (call) => {
    const { asked } = call;
    return asked.operation === 'fetch' ? exchangeRaw(call, asked) : new Exchange(call, asked, settings).run();
  };
}

type Settings = Required<TransportOptions>;

/** One attempt on its way: what its steps share. */
class Exchange {
  readonly #call: Leased;
  readonly #asked: Asked;
  readonly #settings: Settings;
  readonly #attempt: Attempt;
  readonly #findings: Findings;
  #reached = false;
  #body: WireBody | undefined;
  /** Read once, as every answer needs it. */
  #requestId: string | undefined;

  constructor(call: Leased, asked: Asked, settings: Settings) {
    this.#call = call;
    this.#asked = asked;
    this.#settings = settings;
    this.#attempt = new Attempt(settings.clock, call.deadline);
    this.#findings = new Findings(call, call.request.url, settings.clock);
  }

  async run(): Promise<Answer> {
    const { settings, stream } = this.#call;
    // Both end with the first output.
    this.#limit('attemptTimeoutMs', settings.attemptTimeoutMs);
    if (stream) this.#limit('firstTokenTimeoutMs', this.#settings.firstTokenTimeoutMs);
    try {
      const response = await this.#send();
      this.#heard(response);
      if (response.status < 200 || response.status > 299) throw await this.#refused(response);
      return stream ? await this.#stream(response) : this.#whole(await response.body.text(), response);
    } catch (error) {
      this.#attempt.close();
      // Whatever failed, and be it we: a body that nobody reads would keep its socket for ever.
      this.#body?.cancel();
      throw this.#findings.explain(error);
    }
  }

  #send(): Promise<WireResponse> {
    const { lease, target, request } = this.#call;
    const credential = lease.secret === undefined ? undefined : { secret: lease.secret, auth: target.provider.auth };
    const opened = (): void => {
      this.#reached = true;
      lease.sent();
    };
    return this.#settings.wire.send(request, credential, this.#attempt, opened, this.#findings.scrubber);
  }

  #heard(response: WireResponse): void {
    const { lease, target, attempt } = this.#call;
    this.#body = response.body;
    const ids = this.#findings.readIds(response);
    this.#requestId = ids.requestId;
    if (ids.requestId !== undefined) attempt.requestId = ids.requestId;
    lease.heard(target.provider.protocol.readLimits(response.headers, this.#settings.clock.now()), ids, response.status === 429);
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

  #whole(text: string, response: WireResponse): Answer {
    const { whole, raw } = this.#decodeWhole(text, response);
    this.#attempt.close();
    const end: End = { status: 'complete', usage: readUsage(whole) };
    return { kind: 'whole', whole, raw, done: Promise.resolve(end), end };
  }

  #decodeWhole(text: string, response: WireResponse): { readonly whole: Whole; readonly raw: unknown } {
    const raw = this.#parse(text, response);
    const decoded = this.#call.target.provider.protocol.decodeWhole(raw, this.#context());
    if ('error' in decoded) throw this.#findings.inBand(decoded.error, response);
    return { whole: decoded.whole, raw };
  }

  #context(): DecodeContext {
    const { target } = this.#call;
    return {
      asked: this.#asked,
      provider: target.provider.name,
      model: target.model,
      now: this.#settings.clock.now(),
      requestId: this.#requestId,
    };
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
    this.#attempt.close();
    this.#noteFirst();
    return toReplayed(whole, readUsage(whole));
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
    this.#attempt.lift();
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
    const decoder = this.#call.target.provider.protocol.startStream(this.#context());
    return new ChunkReader(wire.events(response), decoder, failures, { clock, idleTimeoutMs, giveUp });
  }

  #noteFirst(): void {
    this.#call.trace.firstTokenAt ??= this.#settings.clock.now();
  }

  #limit(what: string, ms: number): void {
    this.#attempt.limit(ms, () => this.#findings.timeout(what, ms, this.#reached));
  }
}

/** The answer is complete: its connection may serve again once the server ends the body, which is mostly at once. */
function release(body: WireBody, clock: Clock): void {
  if (body.over) return;
  const timer = clock.after(RELEASE_MS, () => body.cancel(), { background: true });
  void body.discard().then(() => timer.cancel());
}

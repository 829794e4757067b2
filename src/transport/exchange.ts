import type { Answer, Leased } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { AttemptError } from '../failure.ts';
import type { Wire, WireBody, WireResponse } from '../wire/index.ts';
import { Attempt } from './attempt.ts';
import { Findings } from './findings.ts';

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

export type Settings = Required<TransportOptions>;

/** The body of a refusal may take this long; its status says most of it already. */
const ERROR_BODY_MS = 5_000;

/** How long a connection may take to end its body after the terminal marker, before it is dropped instead of kept. */
export const RELEASE_MS = 1_000;

/** What becomes of a head: an answer, or what a refusal was taken for. */
export interface Reading {
  answer(response: WireResponse): Answer | Promise<Answer>;
  refused(response: WireResponse): Promise<AttemptError>;
  /** Told of what failed before or within an answer. */
  failed?(error: unknown): void;
}

/** One attempt on its way to the head of an answer: what all who read it share. */
export class Exchange {
  readonly call: Leased;
  readonly settings: Settings;
  readonly attempt: Attempt;
  readonly findings: Findings;
  /** Read once, as every answer needs it. */
  requestId: string | undefined;
  #reached = false;
  #body: WireBody | undefined;

  constructor(call: Leased, settings: Settings) {
    this.call = call;
    this.settings = settings;
    this.attempt = new Attempt(settings.clock, call.deadline);
    this.findings = new Findings(call, call.request.url, settings.clock);
  }

  async run(reading: Reading): Promise<Answer> {
    const { settings, stream } = this.call;
    // Both end with the first output.
    this.#limit('attemptTimeoutMs', settings.attemptTimeoutMs);
    if (stream) this.#limit('firstTokenTimeoutMs', this.settings.firstTokenTimeoutMs);
    try {
      const response = await this.#send();
      this.#heard(response);
      if (response.status < 200 || response.status > 299) throw await reading.refused(response);
      return await reading.answer(response);
    } catch (error) {
      this.attempt.close();
      // Whatever failed, and be it we: a body that nobody reads would keep its socket for ever.
      this.#body?.cancel();
      reading.failed?.(error);
      throw this.findings.explain(error);
    }
  }

  /** The first output is here. */
  noteFirst(): void {
    this.call.trace.firstTokenAt ??= this.settings.clock.now();
  }

  /** Nothing has come for too long. */
  giveUp(): void {
    const { idleTimeoutMs } = this.settings;
    this.attempt.end(this.findings.timeout('idleTimeoutMs', idleTimeoutMs, true));
  }

  /** Reads the body of a refusal, as far as it comes in a while. */
  async shortly<T>(body: WireBody, read: () => Promise<T>): Promise<T> {
    const timer = this.settings.clock.after(ERROR_BODY_MS, () => body.cancel());
    try {
      return await read();
    } finally {
      timer.cancel();
    }
  }

  /** The answer is complete: its connection may serve again once the server ends the body, which is mostly at once. */
  release(body: WireBody): void {
    if (body.over) return;
    const timer = this.settings.clock.after(RELEASE_MS, () => body.cancel(), { background: true });
    void body.discard().then(() => timer.cancel());
  }

  #send(): Promise<WireResponse> {
    const { lease, target, request, asked } = this.call;
    const place = asked.operation === 'fetch' ? asked.request.keyPlace : undefined;
    const credential = lease.secret === undefined ? undefined : { secret: lease.secret, auth: target.provider.auth, place };
    const opened = (): void => {
      this.#reached = true;
      lease.sent();
    };
    return this.settings.wire.send(request, credential, this.attempt, opened, this.findings.scrubber);
  }

  #heard(response: WireResponse): void {
    const { lease, target, attempt } = this.call;
    this.#body = response.body;
    const ids = this.findings.readIds(response);
    this.requestId = ids.requestId;
    if (ids.requestId !== undefined) attempt.requestId = ids.requestId;
    // What has begun to answer may be charged, also when nobody waits for its end.
    attempt.status = response.status;
    lease.heard(target.provider.protocol.readLimits(response.headers, this.settings.clock.now()), ids, response.status === 429);
  }

  #limit(what: string, ms: number): void {
    this.attempt.limit(ms, () => this.findings.timeout(what, ms, this.#reached));
  }
}

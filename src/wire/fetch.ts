import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { Body, type BodySource } from './body.ts';
import { neverOpened, toNetworkError, toOver } from './failure.ts';
import { openLate } from './once.ts';
import { isOnce, type Outgoing } from './outgoing.ts';
import { refuseRedirect, toRedirectError } from './redirect.ts';
import type { Stop, WireResponse } from './response.ts';
import type { Scrubber } from './scrub.ts';

/** A WHATWG fetch: the runtime's own, or a caller's. */
export type Fetch = typeof globalThis.fetch;

/**
 * Sends by a caller's fetch, which decompresses and knows its own proxies. Whether it is still connecting nobody can tell, so
 * connecting is timed with the attempt.
 */
export function sendByFetch(fetch: Fetch, outgoing: Outgoing, stop: Stop, opened: () => void, maxBodyBytes: number): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    const exchange = new FetchExchange(maxBodyBytes, reject);
    exchange.listen(stop);
    if (exchange.over) return;
    opened();
    exchange.send(fetch, outgoing).then(resolve, reject);
  });
}

class FetchExchange {
  readonly #maxBodyBytes: number;
  readonly #reject: (reason: unknown) => void;
  readonly #controller = new AbortController();
  #body: Body | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #unlisten: (() => void) | undefined;
  #over = false;
  /** Resolves when the reader wants more, while the body is paused. */
  #gate: { readonly open: Promise<void>; readonly resume: () => void } | undefined;

  constructor(maxBodyBytes: number, reject: (reason: unknown) => void) {
    this.#maxBodyBytes = maxBodyBytes;
    this.#reject = reject;
  }

  get over(): boolean {
    return this.#over;
  }

  listen(stop: Stop): void {
    this.#unlisten = stop.listen((reason) => {
      // Our caller first: a fetch may take its time over an abort, or ignore it.
      this.#reject(reason);
      this.#body?.stop(reason);
      this.#letGo(reason);
    });
  }

  async send(fetch: Fetch, outgoing: Outgoing): Promise<WireResponse> {
    try {
      const response = await this.#fetch(fetch, outgoing);
      assertResponse(response);
      // Node's types leave the pieces open; the standard says bytes.
      this.#stream = (response.body as ReadableStream<Uint8Array> | null) ?? undefined;
      if (this.#over) throw toOver();
      refuse(response, outgoing);
      const body = new Body(this.#toSource(), this.#maxBodyBytes);
      this.#body = body;
      void this.#pump(body, outgoing.scrubber);
      return { status: response.status, headers: Object.fromEntries(response.headers), body };
    } catch (error) {
      this.#letGo(error);
      throw error;
    }
  }

  async #fetch(fetch: Fetch, { url, method, headers, body, scrubber }: Outgoing): Promise<Response> {
    try {
      return await fetch(url.href, {
        method,
        headers,
        ...toInit(body),
        redirect: 'manual',
        signal: this.#controller.signal,
      });
    } catch (error) {
      throw toNetworkError(error, !neverOpened(error), scrubber);
    }
  }

  /** Moves bytes from the fetch's stream to our body. Never rejects. */
  async #pump(body: Body, scrubber: Scrubber): Promise<void> {
    try {
      // Throws where somebody else has read the body, as a wrapper that logs without `clone()` does.
      const reader = this.#stream?.getReader();
      this.#reader = reader;
      for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
        if (!(next.value instanceof Uint8Array))
          throw new TypeError(`the body's pieces must be bytes: current value is ${toShown(next.value)}`);
        body.push(next.value);
        if (this.#gate !== undefined) await this.#gate.open;
        if (this.#over) return;
      }
      body.end();
    } catch (error) {
      body.fail(toNetworkError(error, true, scrubber));
    } finally {
      this.#close();
    }
  }

  #toSource(): BodySource {
    return {
      pause: () => {
        let resume = (): void => {};
        const open = new Promise<void>((resolve) => (resume = resolve));
        this.#gate = { open, resume };
      },
      resume: () => {
        this.#gate?.resume();
        this.#gate = undefined;
      },
      abort: () => this.#letGo(toOver()),
    };
  }

  #letGo(reason: unknown): void {
    this.#close();
    this.#controller.abort(reason);
    this.#gate?.resume();
    // For a fetch that ignores its signal.
    (this.#reader ?? this.#stream)?.cancel(reason).catch(() => {});
  }

  #close(): void {
    this.#over = true;
    this.#unlisten?.();
    this.#unlisten = undefined;
  }
}

/** A body that is read once goes as a stream, which fetch calls half a duplex. */
function toInit(body: Outgoing['body']): RequestInit & { readonly duplex?: 'half' } {
  if (body === undefined) return {};
  if (isOnce(body)) return { body: ReadableStream.from(openLate(body.open)), duplex: 'half' };
  // Node's types ask for bytes that nobody shares with a worker: these are the caller's own.
  return { body: typeof body === 'string' ? body : (body as Uint8Array<ArrayBuffer>) };
}

/** The user's fetch may be anything; what is read of its answer must be there. */
function assertResponse(response: unknown): void {
  const answered = typeof response === 'object' && response !== null && 'status' in response && 'headers' in response && 'body' in response;
  if (answered && response.headers instanceof Headers) return;
  throw new ConfigError(`Cannot send the request as 'fetch' must answer a Response: current value is ${toShown(response)}`);
}

function refuse(response: Response, { url, scrubber }: Outgoing): void {
  if (response.type === 'opaqueredirect') throw toRedirectError('an address that fetch hides', undefined);
  // A fetch that follows redirects although told not to: the harm is done, but it must not go unnoticed.
  if (response.redirected) throw toRedirectError(new URL(scrubber.text(response.url), url).origin, undefined);
  const head = { status: response.status, headers: Object.fromEntries(response.headers) };
  refuseRedirect(head, () => scrubber.text(response.headers.get('location') ?? ''), url.origin);
}

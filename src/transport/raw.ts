import type { Answer, End, Leased, RawAnswer } from '../call.ts';
import type { Passing } from '../chat/asked.ts';
import { AttemptError } from '../failure.ts';
import { readErrorText, WireError, type WireResponse } from '../wire/index.ts';
import { Exchange, type Reading, type Settings } from './exchange.ts';
import { toPassed } from './raw/headers.ts';

/** One attempt at a request that the caller wrote: the provider's own bytes come back. */
export function exchangeRaw(call: Leased, asked: Passing, settings: Settings): Promise<Answer> {
  const exchange = new Exchange(call, settings);
  return exchange.run(new Passage(exchange, asked));
}

/** Reads what passes as it is. */
class Passage implements Reading {
  readonly #exchange: Exchange;
  readonly #asked: Passing;

  constructor(exchange: Exchange, asked: Passing) {
    this.#exchange = exchange;
    this.#asked = asked;
  }

  async answer(response: WireResponse): Promise<RawAnswer> {
    void this.#asked;
    const text = await response.body.text();
    this.#exchange.attempt.close();
    const end: End = { status: 'complete' };
    const { status, headers } = response;
    return { kind: 'raw', status, headers: toPassed(headers), parts: once(Buffer.from(text)), done: Promise.resolve(end) };
  }

  async refused(response: WireResponse): Promise<AttemptError> {
    const { findings, call } = this.#exchange;
    const { body, status, headers } = response;
    const { value, text } = await this.#exchange.shortly(body, () => readErrorText(body, findings.scrubber));
    call.trace.lastRefusal = { status, headers: toPassed(findings.scrubber.headers(headers)), body: text };
    return findings.refused(value, response);
  }

  /** A redirect is an answer as well. */
  failed(error: unknown): void {
    if (!(error instanceof WireError) || error.head === undefined) return;
    const { findings, call } = this.#exchange;
    const { status, headers } = error.head;
    call.trace.lastRefusal = { status, headers: toPassed(findings.scrubber.headers(headers)), body: '' };
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  yield bytes;
  return undefined;
}

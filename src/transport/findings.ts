import type { Leased } from '../call.ts';
import { credentialsOf } from '../chat/fetched.ts';
import type { Clock } from '../clock.ts';
import { AttemptError } from '../failure.ts';
import type { Ids } from '../providers/provider.ts';
import { Scrubber, type Secret, toSecrets, WireError, type WireResponse } from '../wire/index.ts';
import { toAttemptError, toCut, toMalformed, toTimeout, type Place } from './failures.ts';

type Head = Pick<WireResponse, 'status' | 'headers'>;

/** What an attempt makes of its failures. Everything that leaves it is free of secrets. */
export class Findings {
  /** For what errors say. */
  readonly scrubber: Scrubber;
  readonly #call: Leased;
  readonly #url: string;
  readonly #clock: Clock;

  constructor(call: Leased, url: string, clock: Clock) {
    this.#call = call;
    this.#url = url;
    this.#clock = clock;
    this.scrubber = new Scrubber(() => [...toHidden(call), ...call.lease.siblings()]);
  }

  /** Ids of the exchange and the organisation. Most answers have one, so only these are scrubbed. */
  readIds({ headers }: Head): Ids {
    const scrubber = scrubberOfIds(this.#call);
    return this.#call.target.provider.protocol.readIds(headers, (text) => scrubber.text(text));
  }

  /** Headers of an answer that its caller gets. Mostly no secret is among them, which one look at all of them tells. */
  withoutSecrets(headers: Head['headers']): Head['headers'] {
    const scrubber = scrubberOfIds(this.#call);
    const values = Object.values(headers).join('\n');
    return scrubber.text(values) === values ? headers : scrubber.headers(headers);
  }

  /** A refusal whose body is scrubbed. */
  refused(body: unknown, head: Head): AttemptError {
    return this.#classify(body, head, false);
  }

  /** An error inside a 200, in the provider's own shape. */
  inBand(error: unknown, head: Head): AttemptError {
    return this.#classify(this.scrubber.value(error), head, true);
  }

  malformed(what: string, text: string, { status }: Head): AttemptError {
    return toMalformed(this.#place, what, this.scrubber.text(text), status);
  }

  cut(): AttemptError {
    return toCut(this.#place);
  }

  /** `what` names the option whose time passed. */
  timeout(what: string, ms: number, reached: boolean): AttemptError {
    return toTimeout(this.#place, what, ms, reached);
  }

  /** A failure of the wire as an `AttemptError`; others as they are. */
  explain(error: unknown): unknown {
    return error instanceof WireError ? this.ofWire(error) : error;
  }

  ofWire(error: WireError): AttemptError {
    return toAttemptError(error, this.#place);
  }

  #classify(body: unknown, head: Head, inBand: boolean): AttemptError {
    const { provider } = this.#call.target;
    const headers = this.scrubber.headers(head.headers);
    const { requestId } = this.readIds(head);
    const verdict = provider.protocol.classify({ status: head.status, headers, body, inBand }, provider, this.#clock.now());
    return new AttemptError({ ...(requestId === undefined ? {} : { requestId }), ...verdict }, { reached: true });
  }

  get #place(): Place {
    const { provider, model } = this.#call.target;
    return { provider: provider.name, model, host: new URL(this.#url).host };
  }
}

/** The key, and the caller's other credentials. */
function toHidden({ lease, target, asked }: Leased): readonly Secret[] {
  const { hidden = [] } = target.provider;
  const own = asked.operation === 'fetch' ? toSecrets(credentialsOf(asked.request)) : [];
  return lease.secret === undefined ? [...hidden, ...own] : [lease.secret, ...hidden, ...own];
}

/** For the two headers that nearly every answer has: not worth all keys of the provider, and one for all attempts with a key. */
function scrubberOfIds(call: Leased): Scrubber {
  const { secret } = call.lease;
  if (secret === undefined || call.target.provider.hidden !== undefined) return new Scrubber(() => toHidden(call));
  let scrubber = OF_IDS.get(secret);
  if (scrubber === undefined) OF_IDS.set(secret, (scrubber = new Scrubber(secret)));
  return scrubber;
}

const OF_IDS = new WeakMap<Secret, Scrubber>();

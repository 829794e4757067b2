import type { Answer, Call, Target } from '../call.ts';
import type { Passing } from '../chat/asked.ts';
import { RequestError } from '../errors.ts';
import type { CallOptions } from '../options/types.ts';
import type { Provider } from '../providers/provider.ts';
import { toFailedResponse } from './failure.ts';
import { type Match, Matcher } from './match.ts';
import { type Arguments, readArguments, readRequest } from './request.ts';
import { toResponse } from './response.ts';
import { endOf, orAborted, untilBroken, withEnd } from './signals.ts';

/** `init` of a WHATWG fetch, and the options of the call where it goes to a provider. */
export interface ClientFetchInit extends RequestInit {
  readonly keywheel?: CallOptions | undefined;
}

/** A WHATWG fetch. Needs no `this`. */
export interface ClientFetch {
  (input: string | URL | Request, init?: ClientFetchInit): Promise<Response>;
  /** As `globalThis.Response`: SDKs look for it before they upload files. */
  readonly Response: typeof Response;
}

/** What `fetch` needs of its client. */
export interface FetchHost {
  readonly providers: readonly Provider[];
  /** What to do with URLs of nobody. */
  readonly unknown: 'pass' | 'refuse';
  /** Sends what belongs to no provider. */
  readonly passOn: typeof globalThis.fetch;
  toTarget(provider: Provider, model: string): Target;
  /** Begins a call; rejects with a `KeywheelError` for options that are wrong, or a closed client. */
  start(asked: Passing, targets: readonly Target[], options: CallOptions | undefined): Promise<Call>;
  send(call: Call): Promise<Answer>;
}

/** The client's `fetch`. */
export function createFetch(host: FetchHost): ClientFetch {
  const matcher = new Matcher(host.providers);
  const fetch = async (input: string | URL | Request, init?: ClientFetchInit): Promise<Response> => {
    const given = readArguments(input, init);
    const match = matcher.find(given);
    // Untouched: it is between the caller and whoever is there, and none of our keys has any business with it.
    if (match === undefined) return host.unknown === 'pass' ? host.passOn(input, init) : refuse(given.url);
    return ask(host, match, given, init?.keywheel);
  };
  return Object.assign(fetch, { Response });
}

async function ask(host: FetchHost, match: Match, given: Arguments, options: CallOptions | undefined): Promise<Response> {
  const outer = endOf(given.signal, options);
  outer?.throwIfAborted();
  const { request, broken } = untilBroken(await orAborted(readRequest(given, match), outer));
  // What the caller's own source fails with is theirs, and no fault of the provider.
  const signal = broken === undefined ? outer : endOf(outer, { signal: broken });
  const { provider } = match;
  let call: Call | undefined;
  try {
    const targets = [host.toTarget(provider, request.model)];
    call = await host.start({ operation: 'fetch', request }, targets, withEnd(options, signal));
    const answer = await host.send(call);
    if (answer.kind !== 'raw') throw new TypeError('A fetch was answered with something else than bytes');
    return await toResponse(answer, { url: request.url, callId: call.id }, request.method);
  } catch (error) {
    // Whatever the caller aborts with is theirs, also where it is an error of ours.
    const own = signal?.aborted === true && error === signal.reason;
    const response = own ? undefined : toFailedResponse(error, { request, provider, call, manual: given.manual });
    if (response === undefined) throw error;
    return response;
  }
}

/** The origin alone, as a path or a query may hold a key. */
function refuse({ origin, protocol }: URL): never {
  const where = /^https?:$/.test(protocol) ? origin : `an address of scheme ${protocol}`;
  throw new RequestError(
    `Cannot send the request as its URL belongs to no configured provider, and 'fetchUnknown' is 'refuse': current value is ${where}`,
    { class: 'bad_request' },
  );
}

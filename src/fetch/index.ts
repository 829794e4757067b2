import type { Answer, Call, Target } from '../call.ts';
import type { Passing } from '../chat/asked.ts';
import type { CallOptions } from '../options/types.ts';
import type { Provider } from '../providers/provider.ts';

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
  /** Begins a call; rejects with a `KeywheelError` for options that are wrong, or a closed client. */
  start(asked: Passing, targets: readonly Target[], options: CallOptions | undefined): Promise<Call>;
  send(call: Call): Promise<Answer>;
}

/** The client's `fetch`. */
export function createFetch(host: FetchHost): ClientFetch {
  const fetch = (input: string | URL | Request, init?: ClientFetchInit): Promise<Response> => host.passOn(input, init);
  return Object.assign(fetch, { Response });
}

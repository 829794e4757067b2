import type { Answer, Call, RawAnswer } from '../../src/call.ts';
import type { FetchRequest } from '../../src/chat/fetched.ts';
import { toTarget } from '../../src/client/names.ts';
import { type ClientFetch, createFetch, type FetchHost } from '../../src/fetch/index.ts';
import { resolveProviders } from '../../src/options/providers.ts';
import type { CallOptions, ProviderOptions } from '../../src/options/types.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import type { LastRefusal } from '../../src/trace.ts';
import { fakeCall } from '../support/fake-call.ts';

/** A key of the caller's: it must not be anywhere behind `fetch`. */
export const CALLERS = 'sk-the-callers-own-0123456789';

/** Providers as a client with these options has them, without an environment. */
export function providersOf(given: Readonly<Record<string, ProviderOptions>>): readonly Provider[] {
  const keyed = Object.entries(given).map(([name, options]) => [name, { keys: ['sk-of-the-pool-0123456789'], ...options }] as const);
  return resolveProviders(Object.fromEntries(keyed), {}).map(({ provider }) => provider);
}

/** One provider of each kind, at its usual address. */
const USUAL = { openai: {}, anthropic: {}, google: {}, cohere: {}, bedrock: {} };

export interface FakeHost {
  readonly fetch: ClientFetch;
  /** What came to the stack. */
  readonly asked: { readonly request: FetchRequest; readonly target: string; readonly options: CallOptions | undefined }[];
  /** What was passed on. */
  readonly passed: { readonly input: unknown; readonly init: unknown }[];
  readonly call: Call;
}

export interface FakeHostOptions {
  readonly providers?: Readonly<Record<string, ProviderOptions>>;
  readonly unknown?: FetchHost['unknown'];
  /** What the stack answers, or throws. */
  readonly send?: (call: Call) => Promise<Answer>;
  readonly start?: (call: Call) => Promise<Call>;
  readonly lastRefusal?: LastRefusal;
}

/** A stack that answers what a test says. */
export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  const { providers = USUAL, unknown = 'pass', send = async () => raw('{}'), start = async (call) => call } = options;
  const asked: FakeHost['asked'] = [];
  const passed: FakeHost['passed'] = [];
  const call = fakeCall({ clock: createManualClock() });
  call.trace.lastRefusal = options.lastRefusal;
  const fetch = createFetch({
    providers: providersOf(providers),
    unknown,
    passOn: async (input, init) => {
      passed.push({ input, init });
      return new Response('passed on');
    },
    toTarget,
    start: ({ request }, [target], given) => {
      asked.push({ request, target: `${target?.provider.name} ${target?.model}`, options: given });
      return start(call);
    },
    send,
  });
  return { fetch, asked, passed, call };
}

/** An answer of bytes, in pieces. */
export function raw(text: string | readonly string[], more: Partial<RawAnswer> = {}): RawAnswer & { readonly left: () => boolean } {
  const pieces = typeof text === 'string' ? [text] : [...text];
  let left = false;
  const parts: RawAnswer['parts'] = {
    next: async () => {
      const piece = pieces.shift();
      return piece === undefined ? { done: true, value: undefined } : { done: false, value: new TextEncoder().encode(piece) };
    },
    return: async () => {
      left = true;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => parts,
  };
  return { kind: 'raw', status: 200, headers: {}, parts, done: Promise.resolve({ status: 'complete' }), ...more, left: () => left };
}

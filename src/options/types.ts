import type { Clock, Random } from '../clock.ts';
import type { ClientEvent } from '../events.ts';
import type { Counted } from '../failure.ts';
import type { BucketKind } from '../pool/limits.ts';
import type { Keyv } from '../layers/cache/store.ts';
import type { ProtocolName } from '../providers/provider.ts';
import type { Dispatcher } from '../wire/undici.ts';

/** One bucket of a group, spelled out. */
export interface BucketOptions {
  /** What it counts; `tokens` is input and output together. */
  readonly counts: Counted;
  /** How many a window. */
  readonly limit: number;
  /** Length of its window, ms. */
  readonly windowMs: number;
  /**
   * The most at once; `refill` only.
   * @default limit
   */
  readonly burst?: number;
  /**
   * `refill`: continuous; `fixed`: anew with each window of the wall clock; `sliding`: during the last window.
   * @default 'refill'
   */
  readonly kind?: BucketKind;
  /**
   * Patterns (`gpt-*`) of the models that share the bucket.
   * @default all models share it
   */
  readonly models?: readonly string[];
}

/**
 * Limits of a group. They belong to the group: keys of one group count once, and unlike limits in one group are a `ConfigError`.
 * The short forms apply to each model apart; `concurrency` and `minTimeMs` to the whole group.
 */
export interface LimitOptions {
  /** Requests per minute and model. */
  readonly rpm?: number;
  /** Tokens (input and output) per minute and model. */
  readonly tpm?: number;
  /** Requests per day and model. */
  readonly rpd?: number;
  /** Tokens per day and model. */
  readonly tpd?: number;
  /** Attempts in flight at once. */
  readonly concurrency?: number;
  /** Time between two starts, ms. */
  readonly minTimeMs?: number;
  /** Further limits, each shared by the models that it is for. @default none */
  readonly buckets?: readonly BucketOptions[];
}

/** One API key and what is special about it. */
export interface KeyOptions {
  /** The key's text. It never prints. */
  readonly secret: string;
  /**
   * Unique in a client.
   * @default the provider's name and eight hex digits of the secret's SHA-256
   */
  readonly id?: string;
  /**
   * Keys that share one quota at the provider (one organisation or project) carry one group.
   * @default a group of its own
   */
  readonly group?: string;
  /**
   * Share of the calls among keys that can start.
   * @default 1
   */
  readonly weight?: number;
  /**
   * Patterns (`gpt-*`) of the models that it may serve.
   * @default all
   */
  readonly models?: readonly string[];
  /** From then on it is not used: a date, its ISO text, or epoch ms. */
  readonly expiresAt?: string | number | Date;
  /** Replaces the provider's `limits` for this key's group. */
  readonly limits?: LimitOptions;
}

/** A key: its text, or its text with options. */
export type KeyLike = string | KeyOptions;

/** Keys of a provider: one, several, or a function that answers them and is asked again every `refreshMs`. */
export type KeysLike = KeyLike | readonly KeyLike[] | (() => KeyLike | readonly KeyLike[] | Promise<KeyLike | readonly KeyLike[]>);

/** One provider. */
export interface ProviderOptions {
  /** How it speaks. @default that of the known provider of this name */
  readonly protocol?: ProtocolName;
  /** @default the known provider's, or its environment variable (`OPENAI_BASE_URL`) */
  readonly baseURL?: string;
  /** @default read from the environment; a literal `[]` with a `baseURL` is a provider without keys */
  readonly keys?: KeysLike;
  /** Default of every group. @default none */
  readonly limits?: LimitOptions;
  /** How often a key function is asked again, ms. @default 300000 */
  readonly refreshMs?: number;
  /** Sent with every request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Added to every URL. @default none */
  readonly query?: Readonly<Record<string, string>>;
  /** OpenAI's organisation header. @default OPENAI_ORG_ID */
  readonly organization?: string;
  /** OpenAI's project header. @default OPENAI_PROJECT_ID */
  readonly project?: string;
  /** Of providers that need one. */
  readonly region?: string;
  /** Of providers that need one. */
  readonly location?: string;
  /** Of providers that need one. */
  readonly apiVersion?: string;
}

/** How answers are kept. */
export interface CacheOptions {
  /** Any Keyv store. @default bounded memory */
  readonly store?: Keyv;
  /** How long an answer is fresh, ms. @default 3600000 */
  readonly ttlMs?: number;
  /** How long after that it may still be served when nothing else can, ms. @default 0 */
  readonly staleMs?: number;
  /** A stale answer is served when no target can start within this time, ms. @default 0 */
  readonly staleAfterMs?: number;
  /** Most entries in the default store. @default 1000 */
  readonly maxEntries?: number;
  /** Most bytes in the default store. @default 67108864 */
  readonly maxBytes?: number;
  /** Part of every cache key. @default 'keywheel' */
  readonly namespace?: string;
}

/** How long and how often a call tries. */
export interface RetryOptions {
  /** Tries at a sick provider (5xx, overload, network), the first included. Rotating to another key is not counted. @default 4 */
  readonly attempts?: number;
  /** The whole call until its last byte, ms. @default 600000 */
  readonly timeoutMs?: number;
  /** All waiting of a call for keys, ms. @default 60000 */
  readonly maxWaitMs?: number;
}

/** Everything that `createClient` takes. */
export interface ClientOptions {
  /** By name: known providers, or any name with `protocol` and `baseURL`. @default every known provider whose environment variables are set */
  readonly providers?: Readonly<Record<string, ProviderOptions>>;
  /** Aliases: a target or targets in order of preference. Aliases do not nest. @default none */
  readonly models?: Readonly<Record<string, string | readonly string[]>>;
  /** @default false */
  readonly cache?: boolean | CacheOptions;
  /** How long and how often a call tries. */
  readonly retry?: RetryOptions;
  /** Most rotations of one call to another key. @default 8 */
  readonly maxRotations?: number;
  /** Opening a connection, ms. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** Streams: until the first content of an attempt, ms; `Infinity` is off. @default Infinity */
  readonly firstTokenTimeoutMs?: number;
  /** Streams: between two chunks while somebody reads, ms; `Infinity` is off. @default 120000 */
  readonly idleTimeoutMs?: number;
  /** The next target of an alias is tried when the preferred one cannot start within this time, ms. @default 1000 */
  readonly fallbackAfterMs?: number;
  /** An undici dispatcher to send with (an agent, a proxy, a mock); it stays yours to close. @default an agent of the client's own, proxies from the environment */
  readonly dispatcher?: Dispatcher;
  /** A WHATWG fetch to send with instead of undici (mocking tools, other runtimes). @default none */
  readonly fetch?: typeof globalThis.fetch;
  /** @default real time */
  readonly clock?: Clock;
  /** @default Math.random */
  readonly random?: Random;
  /** Where environment variables are read. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What one call may say, beside its request. */
export interface CallOptions {
  /** Ends the call at once; it rejects with the signal's own reason. */
  readonly signal?: AbortSignal;
  /** The whole call until its last byte, ms. @default retry.timeoutMs */
  readonly timeoutMs?: number;
  /** One attempt; of a stream until its first content, ms. @default timeoutMs */
  readonly attemptTimeoutMs?: number;
  /** All waiting for keys, ms; 0 refuses at once. @default retry.maxWaitMs */
  readonly maxWaitMs?: number;
  /** `false`: neither read nor stored; `'refresh'`: not read; `'only'`: nothing is sent. @default the client's cache */
  readonly cache?: false | 'refresh' | 'only' | { readonly ttlMs: number };
  /** Higher first; waiting raises it by one a second. @default 0 */
  readonly priority?: number;
  /** Whose call it is: tenants never share cached answers. @default none */
  readonly tenant?: string;
  /** Calls of one affinity prefer one group, as providers cache prompts per organisation. @default none */
  readonly affinity?: string;
  /** Groups that may serve. @default all */
  readonly groups?: readonly string[];
  /** Ids of the keys that may serve. @default all */
  readonly keys?: readonly string[];
  /** Come back in the report. @default none */
  readonly tags?: Readonly<Record<string, string>>;
  /** Gets the events of this call. @default none */
  readonly onEvent?: (event: ClientEvent) => void;
}

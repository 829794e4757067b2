import type { Clock, Random } from '../clock.ts';
import type { ClientEvent } from '../events.ts';
import type { Counted, FailureClass, Scope } from '../failure.ts';
import type { BucketKind } from '../pool/quota/limits.ts';
import type { Keyv } from '../layers/cache/store.ts';
import type { ProtocolName } from '../providers/provider.ts';
import type { Dispatcher } from '../wire/undici.ts';
import type { AlertOptions } from './alerts.ts';
import type { BudgetLike, BudgetsOptions } from './budgets.ts';
import type { LogOptions } from './log.ts';
import type { PricesOptions } from './prices.ts';

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
   * @default found out, as a rate says nothing of it
   */
  readonly burst?: number | undefined;
  /**
   * `refill`: continuous; `fixed`: anew with each window of the wall clock; `sliding`: during the last window.
   * @default 'refill'
   */
  readonly kind?: BucketKind | undefined;
  /**
   * Patterns (`gpt-*`) of the models that share the bucket.
   * @default all models share it
   */
  readonly models?: readonly string[] | undefined;
}

/**
 * Limits of a group. They belong to the group: keys of one group count once, and unlike limits in one group are a `ConfigError`.
 * The short forms apply to each model apart; `concurrency` and `minTimeMs` to the whole group.
 */
export interface LimitOptions {
  /** Requests per minute and model. */
  readonly rpm?: number | undefined;
  /** Tokens (input and output) per minute and model. */
  readonly tpm?: number | undefined;
  /** Requests per day and model. */
  readonly rpd?: number | undefined;
  /** Tokens per day and model. */
  readonly tpd?: number | undefined;
  /** Attempts in flight at once. */
  readonly concurrency?: number | undefined;
  /** Time between two starts, ms. */
  readonly minTimeMs?: number | undefined;
  /** Further limits, each shared by the models that it is for. @default none */
  readonly buckets?: readonly BucketOptions[] | undefined;
}

/** One API key and what is special about it. */
export interface KeyOptions {
  /** The key's text. It never prints. */
  readonly secret: string;
  /**
   * Unique in a client.
   * @default the provider's name and eight hex digits of the secret's SHA-256
   */
  readonly id?: string | undefined;
  /**
   * Keys that share one quota at the provider (one organisation or project) carry one group.
   * @default a group of its own
   */
  readonly group?: string | undefined;
  /**
   * Share of the calls among keys that can start.
   * @default 1
   */
  readonly weight?: number | undefined;
  /**
   * Patterns (`gpt-*`) of the models that it may serve.
   * @default all
   */
  readonly models?: readonly string[] | undefined;
  /** From then on it is not used: a date, its ISO text, or epoch ms. */
  readonly expiresAt?: string | number | Date | undefined;
  /** Replaces the provider's `limits` for this key's group. */
  readonly limits?: LimitOptions | undefined;
  /** Reached: the key is held until the period ends; with several, when one is. @default none */
  readonly budget?: BudgetLike | undefined;
}

/** A key: its text, or its text with options. */
export type KeyLike = string | KeyOptions;

/** Keys of a provider: one, several, or a function that answers them and is asked again every `refreshMs`. */
export type KeysLike = KeyLike | readonly KeyLike[] | (() => KeyLike | readonly KeyLike[] | Promise<KeyLike | readonly KeyLike[]>);

/** One provider. */
export interface ProviderOptions {
  /** How it speaks. @default that of the known provider of this name */
  readonly protocol?: ProtocolName | undefined;
  /** @default the known provider's, or its environment variable (`OPENAI_BASE_URL`) */
  readonly baseURL?: string | undefined;
  /** @default read from the environment; a literal `[]` with a `baseURL` is a provider without keys */
  readonly keys?: KeysLike | undefined;
  /** Default of every group. @default none */
  readonly limits?: LimitOptions | undefined;
  /** How often a key function is asked again, ms. @default 300000 */
  readonly refreshMs?: number | undefined;
  /** Sent with every request; those of the exchange itself and, where there are keys, the key's own header stay keywheel's. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Added to every URL. @default none */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Whose account pays: a header of OpenAI's and Hugging Face's, a part of GitHub's address; elsewhere a `ConfigError`. @default OPENAI_ORG_ID */
  readonly organization?: string | undefined;
  /** OpenAI's project header; with Google the project at Vertex AI. @default OPENAI_PROJECT_ID */
  readonly project?: string | undefined;
  /** Bedrock's region, in its address and its signatures. @default AWS_REGION, AWS_DEFAULT_REGION, else us-east-1 */
  readonly region?: string | undefined;
  /** Google at Vertex AI: where; without a `project` its express mode. @default GOOGLE_CLOUD_LOCATION where GOOGLE_GENAI_USE_VERTEXAI is true */
  readonly location?: string | undefined;
  /** Azure's (then each deployment has an address of its own), Anthropic's header, or the version in Google's address. @default the provider's current one */
  readonly apiVersion?: string | undefined;
}

/** What a million tokens cost, USD. */
export interface PriceOptions {
  readonly input: number;
  readonly output: number;
}

/** One target of an alias that balances. */
export interface TargetOptions {
  /** The target's name, as in `provider/model`. */
  readonly model: string;
  /**
   * Share of the calls where `balance` is `'weight'`.
   * @default 1
   */
  readonly weight?: number | undefined;
  /** What its tokens cost; every target names it where `balance` is `'cost'`. @default none */
  readonly price?: PriceOptions | undefined;
}

/** How targets are balanced. */
export type Balance = 'order' | 'cost' | 'latency' | 'weight';

/** An alias that says which of its targets is asked first. Whoever cannot start within `fallbackAfterMs`, is sick or refuses is passed over. */
export interface AliasOptions {
  /** By name, or with what the balance needs to know of them. */
  readonly targets: readonly (string | TargetOptions)[];
  /**
   * `order`: as they stand; `cost`: where the call will cost least, by what its model's calls used before; `latency`: where the first token of a
   * stream, or a whole answer, came soonest of late; `weight`: by chance.
   * @default 'order'
   */
  readonly balance?: Balance | undefined;
}

/**
 * What a failing answer means, where you know better than keywheel: it fits when status and `match` do, and goes before all of
 * keywheel's own rules. The first that fits decides.
 */
export interface RuleOptions {
  /** The provider's name among `providers`. @default all */
  readonly provider?: string | undefined;
  /** HTTP status, or several; of an error inside a 200 the status that it names, else 200. @default any */
  readonly status?: number | readonly number[] | undefined;
  /** A text (without regard to case) or pattern to find in the answer's code, type, message or body. @default any */
  readonly match?: string | RegExp | undefined;
  /** What it is to be taken for. */
  readonly class: FailureClass;
  /** Whom it is about. Unless given, what is usual for its class: a rate limit is of the key's group, an overload of the provider. */
  readonly scope?: Scope | undefined;
  /** How long to hold what it is about, ms. Unless given, what the answer says, or else what is usual for its class. */
  readonly holdMs?: number | undefined;
}

/** How answers are kept. */
export interface CacheOptions {
  /** Any Keyv store. @default bounded memory */
  readonly store?: Keyv | undefined;
  /** How long an answer is fresh, ms. @default 3600000 */
  readonly ttlMs?: number | undefined;
  /** How long after that it may still be served when nothing else can, ms. @default 0 */
  readonly staleMs?: number | undefined;
  /** A stale answer is served when no target can start within this time, ms. @default 0 */
  readonly staleAfterMs?: number | undefined;
  /** Most entries in the default store. @default 1000 */
  readonly maxEntries?: number | undefined;
  /** Most bytes in the default store. @default 67108864 */
  readonly maxBytes?: number | undefined;
  /** Part of every cache key. @default 'keywheel' */
  readonly namespace?: string | undefined;
}

/** How long and how often a call tries. */
export interface RetryOptions {
  /** Tries at a sick provider (5xx, overload, network), the first included. Rotating to another key is not counted. @default 4 */
  readonly attempts?: number | undefined;
  /** The whole call until its last byte, ms. @default 600000 */
  readonly timeoutMs?: number | undefined;
  /** All waiting of a call: for keys, slots and back-off, ms. @default 60000 */
  readonly maxWaitMs?: number | undefined;
  /** How often a target is asked again when its answer does not fit the call's `schema`. @default 1 */
  readonly invalidOutput?: number | undefined;
}

/** Everything that `createClient` takes. */
export interface ClientOptions {
  /**
   * By name: known providers, or any name with `protocol` and `baseURL`. Variables that are usually set for something else (`GITHUB_TOKEN`,
   * `HF_TOKEN`, `AWS_ACCESS_KEY_ID`) are read for providers that are named here, and alone make no provider.
   * @default every known provider whose environment variables are set
   */
  readonly providers?: Readonly<Record<string, ProviderOptions>> | undefined;
  /** Aliases: a target, targets in order of preference, or targets that are balanced. Aliases do not nest. @default none */
  readonly models?: Readonly<Record<string, string | readonly string[] | AliasOptions>> | undefined;
  /** What failing answers mean, before keywheel's own rules: the first that fits decides. @default none */
  readonly rules?: readonly RuleOptions[] | undefined;
  /** @default false */
  readonly cache?: boolean | CacheOptions | undefined;
  /** How long and how often a call tries. */
  readonly retry?: RetryOptions | undefined;
  /** Most rotations of one call to another key. @default 8 */
  readonly maxRotations?: number | undefined;
  /** Opening a connection, ms. @default 10000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Streams: until the first content of an attempt, ms; `Infinity` is off. @default Infinity */
  readonly firstTokenTimeoutMs?: number | undefined;
  /** Streams: between two chunks while somebody reads, ms; `Infinity` is off. @default 120000 */
  readonly idleTimeoutMs?: number | undefined;
  /** The next target of an alias is tried when the preferred one cannot start within this time, ms. @default 1000 */
  readonly fallbackAfterMs?: number | undefined;
  /** An undici dispatcher to send with (an agent, a proxy, a mock); it stays yours to close. @default an agent of the client's own, proxies from the environment */
  readonly dispatcher?: Dispatcher | undefined;
  /**
   * Shares of a bucket, above 0 and below 1, at whose use the event `limit-near` is told: `[0.5, 0.8, 0.95]`. Each is told once, and again when
   * the bucket was away from it.
   * @default [0.9]
   */
  readonly limitNear?: readonly number[] | undefined;
  /**
   * What tokens cost, for reports, `usage()` and budgets: prices of your own before those of a kept list, which is loaded with the first
   * call; `false` loads nothing.
   * @default true
   */
  readonly prices?: boolean | PricesOptions | undefined;
  /** What groups, tags and tenants may spend. A key's own stands with the key. @default none */
  readonly budgets?: BudgetsOptions | undefined;
  /** Writes a line of JSON for each call. @default none */
  readonly log?: LogOptions | undefined;
  /** Tells somebody outside what should not wait. @default none */
  readonly alerts?: readonly AlertOptions[] | undefined;
  /** URLs of `client.fetch` that belong to no configured provider: `'pass'` sends them untouched, `'refuse'` rejects. @default 'pass' */
  readonly fetchUnknown?: 'pass' | 'refuse' | undefined;
  /** A WHATWG fetch to send with instead of undici (mocking tools, other runtimes). @default none */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** @default real time */
  readonly clock?: Clock | undefined;
  /** @default Math.random */
  readonly random?: Random | undefined;
  /** Where keys and addresses are read; proxies are those of the process. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What one call may say, beside its request. */
export interface CallOptions {
  /** Ends the call at once; it rejects with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
  /** The whole call until its last byte, ms. @default retry.timeoutMs */
  readonly timeoutMs?: number | undefined;
  /** One attempt; of a stream until its first content, ms. @default timeoutMs */
  readonly attemptTimeoutMs?: number | undefined;
  /** All waiting for keys, slots and back-off, ms; 0 refuses at once. @default retry.maxWaitMs */
  readonly maxWaitMs?: number | undefined;
  /** `false`: neither read nor stored; `'refresh'`: not read; `'only'`: nothing is sent. @default the client's cache */
  readonly cache?: false | 'refresh' | 'only' | { readonly ttlMs: number } | undefined;
  /** Higher first; waiting raises it by one a second. @default 0 */
  readonly priority?: number | undefined;
  /** Whose call it is: tenants never share cached answers. @default none */
  readonly tenant?: string | undefined;
  /** Calls of one affinity prefer one group, as providers cache prompts per organisation. @default none */
  readonly affinity?: string | undefined;
  /** Groups that may serve. @default all */
  readonly groups?: readonly string[] | undefined;
  /** Ids of the keys that may serve. @default all */
  readonly keys?: readonly string[] | undefined;
  /**
   * Sends the call once more, to another group with free capacity, when it has not begun to answer after `afterMs`; the first answer wins and
   * the other attempt is aborted. It may cost a second request.
   * @default none
   */
  readonly hedge?: { readonly afterMs: number } | undefined;
  /**
   * Streams of plain text: one that breaks off is continued on another key or target with what was said so far, where the provider can
   * (never with tools); the report says so. `max_tokens` or `max_completion_tokens` of the continuation is less what was said, estimated
   * as four characters a token, so that the whole answer may be somewhat shorter or longer; where nothing is left the stream is not continued.
   * @default false
   */
  readonly resume?: boolean | undefined;
  /** Come back in the report. @default none */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Gets the events of this call. @default none */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
}

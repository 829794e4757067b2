import type { Clock } from '../clock.ts';
import type { BucketCounts, BucketKind } from './buckets.ts';
import type { ReplyFunction } from './content.ts';
import type { Fault } from './faults.ts';
import type { Latency } from './latency.ts';

/**
 * What the provider thinks of a key: `ok`; `dead` (401 `invalid_api_key`); `spent` (429 `insufficient_quota`);
 * `forbidden` (403: valid, but not allowed to do this). Other protocols say it in their own way, as with a 400 for a dead one.
 */
export type KeyState = 'ok' | 'dead' | 'spent' | 'forbidden';

/** Everything `startSimulator` takes. */
export interface SimulatorOptions {
  /** Seeds latencies, ids, texts and the probability of faults. Default: 1. */
  readonly seed?: number;
  /** Who may call, and how much. Default: one group without keys and limits that serves everybody. */
  readonly groups?: readonly SimulatorGroup[];
  /** From the request's last byte to the answer's first, in ms, unless the group says otherwise. Refusals are instant. Default: 0. */
  readonly latencyMs?: Latency;
  /** How streams are cut up. */
  readonly stream?: SimulatorStream;
  /** Writes the answers. May return a text, or an object for tool calls, refusals and finish reasons. Default: seeded small talk. */
  readonly reply?: ReplyFunction;
  /** What goes wrong; `simulator.fail()` adds more while it runs. Default: nothing. */
  readonly faults?: readonly Fault[];
  /** The models there are: any other is a 404 `model_not_found`. Default: every name is a model. */
  readonly models?: readonly string[];
  /** Where time comes from: buckets, latencies, pacing and key changes run on it. Default: real time. */
  readonly clock?: Clock;
  /** False: a request with an unknown key, or none, is served by the first group. Default: true when groups are given. */
  readonly requireKey?: boolean;
  /** How many of the last requests `requests()` keeps. 0 keeps none. Default: 1000. */
  readonly record?: number;
}

/** Keys that share their limits: one project of one organisation. */
export interface SimulatorGroup {
  /** Names the group in stats and matchers. Default: `group-1`, `group-2`, ... */
  readonly id?: string;
  /** Sent as `openai-organization` (Anthropic: `anthropic-organization-id`) and named in refusals. False hides it. Default: `org-` and the id. */
  readonly organization?: string | false;
  /** Sent as `openai-project` (Anthropic: `anthropic-workspace-id`). Default: not sent. */
  readonly project?: string;
  /** The secrets that belong to the group. Made-up ones: they appear in stats. */
  readonly keys: readonly (string | SimulatorKey)[];
  /** What the group may use. Default: as much as it likes. */
  readonly limits?: SimulatorLimits;
  /** Admitted requests at one time; one more is a 429 without a hint. Default: no limit. */
  readonly concurrency?: number;
  /** Replaces the simulator's `latencyMs`, in ms. */
  readonly latencyMs?: Latency;
  /** Whether a request refused for its rate takes from the request buckets too, as OpenAI's guide says of theirs. Default: false. */
  readonly refusedCount?: boolean;
  /** Which answers carry headers of limits, where the protocol has some. `answered` leaves them out of refusals. Default: `always`. */
  readonly headers?: 'always' | 'refused' | 'answered' | 'never';
  /** The moment whose state the headers of an answer tell: its admission or its first byte. Default: `admission`. */
  readonly headersAsOf?: 'admission' | 'answer';
  /** Where a refusal says when to come back, of the places that the protocol has: headers, the body, both or nowhere. Default: `both`. */
  readonly hints?: 'header' | 'body' | 'both' | 'none';
  /** The models these keys may use; another one is a 403 `model_not_found`. Default: all. */
  readonly models?: readonly string[];
  /**
   * What admission takes from the token buckets: the prompt and the request's output limit (times `n`), or what the answer
   * will really use. Default: `max_tokens`.
   */
  readonly charge?: 'max_tokens' | 'true';
  /** Whether the charge is corrected to the true use when the answer ends. Default: true. */
  readonly settle?: boolean;
}

/** One key of a group. */
export interface SimulatorKey {
  /**
   * What requests show, in whatever place their protocol has for it. One of the form `AKID:SECRET[:TOKEN]` signs requests to Bedrock,
   * and the signature is verified.
   */
  readonly secret: string;
  /** Names the key in stats and matchers. Default: the secret, as these are made up. */
  readonly id?: string;
  /** Its state at the start. Default: `ok`. */
  readonly state?: KeyState;
  /** When its state changes by itself, in ms since the simulator's start. */
  readonly changes?: readonly { readonly atMs: number; readonly state: KeyState }[];
}

/** The limits of a group. The four short forms hold for each model on its own, as OpenAI's do. */
export interface SimulatorLimits {
  /** Requests a minute. */
  readonly rpm?: number;
  /** Tokens a minute. */
  readonly tpm?: number;
  /** Requests a day. */
  readonly rpd?: number;
  /** Tokens a day. */
  readonly tpd?: number;
  /** How long the minute of `rpm` and `tpm` takes, in ms: a test need not wait for a real one. Default: 60000. */
  readonly windowMs?: number;
  /** How long the day of `rpd` and `tpd` takes, in ms. Default: 86400000. */
  readonly dayMs?: number;
  /** What a full bucket holds (`refill` only): below 1 a share of the limit, from 1 a count. Default: the limit. */
  readonly burst?: number;
  /** How the short forms give back. Default: `refill`, as OpenAI's do. */
  readonly kind?: BucketKind;
  /** Where the windows of `fixed` begin: at multiples of their length since the epoch, or with the first request. Default: `clock`. */
  readonly anchor?: 'clock' | 'first-use';
  /** Further buckets, each shared by all models it is for. */
  readonly buckets?: readonly SimulatorBucket[];
}

/** One limit, shared by the keys of a group and the models it is for. */
export interface SimulatorBucket {
  readonly counts: BucketCounts;
  readonly limit: number;
  /** In ms. */
  readonly windowMs: number;
  /** What a full bucket holds (`refill` only): below 1 a share of the limit, from 1 a count. Default: the limit. */
  readonly burst?: number;
  /** Default: `refill`. */
  readonly kind?: BucketKind;
  /** Where the windows of `fixed` begin. Default: `clock`. */
  readonly anchor?: 'clock' | 'first-use';
  /** The models it is for; `*` stands for any text. Default: all. */
  readonly models?: readonly string[];
}

/** How a streamed answer is cut up. */
export interface SimulatorStream {
  /** Pieces of content, at most one per character. Default: 8. */
  readonly chunks?: number;
  /** The pause before each event after the first, in ms. Default: 0. */
  readonly chunkMs?: Latency;
}

import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { checkMapOptions } from './schema.ts';
import type { CallOptions } from './types.ts';

/** How far a `client.map()` is, as `onProgress` gets it. */
export interface MapProgress {
  /** Items that were answered, those of an earlier run included. */
  readonly done: number;
  /** Items that ended in an error. */
  readonly failed: number;
  /** Of `done`: those that an earlier run had answered. */
  readonly resumed: number;
  /** How many items there are; absent when `items` does not tell, as an iterator. */
  readonly total?: number;
  /** Items that ended in an answer or an error, per minute, during the last minute; absent at first. */
  readonly perMinute?: number;
  /** Until the last item at this pace, ms; absent without a total or a pace. */
  readonly leftMs?: number;
}

/** What the calls of a `client.map()` may say: its `signal` is the map's own. */
export type MapCallOptions = Omit<CallOptions, 'signal'>;

/** Where a `client.map()` keeps what is done, so that the next run with the same file goes on from there. */
export interface ResumeOptions<Item = unknown> {
  /**
   * Path of a file of lines of JSON, made where there is none: a line for each answered item. Each is written before its result is yielded,
   * so that a crash of the process loses none; it reaches the disk (`fsync`) at the end, so that a power cut may lose the last ones, which are
   * asked again. One run at a time may use it. It holds answers, no keys; only its owner may read it.
   */
  readonly file: string;
  /**
   * The item's own id, by which a later run knows it: unique, and another one where the question is another one. Two items of one id are an
   * error of the second.
   */
  readonly id: (item: Item, index: number) => string;
  /**
   * `true`: the file holds the replies, and an item that is done yields its reply again. `false`: it holds ids alone, and an item that is done
   * is left out.
   * @default true
   */
  readonly replies?: boolean | undefined;
}

/** How `client.map()` goes through its items. */
export interface MapOptions<Item = unknown> {
  /**
   * Calls under way at once, those that wait for a key included. More is of use where the keys carry more: calls a minute, times the seconds
   * that an answer takes, by 60.
   * @default 64
   */
  readonly concurrency?: number | undefined;
  /**
   * Results in the order of the items, not as they come. A slow item holds back at most four times `concurrency`.
   * @default false
   */
  readonly ordered?: boolean | undefined;
  /** Gets the progress at most once a second, and in the end. @default none */
  readonly onProgress?: ((progress: MapProgress) => void) | undefined;
  /** Ends the map: calls under way are aborted, then the iteration rejects with the signal's own reason. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Goes on where an earlier run ended. @default none */
  readonly resume?: ResumeOptions<Item> | undefined;
  /**
   * Options of the calls, for all or for each. A call of a map has time to wait for its keys: unless given, `maxWaitMs` and `timeoutMs` are
   * without end, and the client's `retry.timeoutMs` bounds each attempt.
   * @default none
   */
  readonly callOptions?: MapCallOptions | ((item: Item, index: number) => MapCallOptions | undefined) | undefined;
}

/** A map's options, resolved. */
export interface ResolvedMap<Item> {
  readonly concurrency: number;
  readonly ordered: boolean;
  readonly onProgress: ((progress: MapProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly resume: { readonly file: string; readonly id: (item: Item, index: number) => string; readonly replies: boolean } | undefined;
  readonly callOptions: (item: Item, index: number) => MapCallOptions;
}

const CONCURRENCY = 64;

/** Throws `ConfigError` for an option that is wrong or unknown. `attemptTimeoutMs` is what an attempt of a call without options gets. */
export function resolveMap<Item>(given: MapOptions<Item> | undefined, attemptTimeoutMs: number): ResolvedMap<Item> {
  const options = checkMapOptions(given ?? {}) as MapOptions<Item>;
  const { resume, callOptions } = options;
  return {
    concurrency: options.concurrency ?? CONCURRENCY,
    ordered: options.ordered ?? false,
    onProgress: options.onProgress,
    signal: options.signal,
    resume: resume === undefined ? undefined : { file: resume.file, id: resume.id, replies: resume.replies ?? true },
    callOptions: (item, index) =>
      patient(typeof callOptions === 'function' ? answered(callOptions(item, index)) : callOptions, attemptTimeoutMs),
  };
}

/** The call checks each option; what it cannot see is what is no object, and a signal, whose place the map's own takes. */
function answered(given: MapCallOptions | undefined): MapCallOptions | undefined {
  if (given === undefined) return undefined;
  const isPromise = typeof given === 'object' && given !== null && 'then' in given;
  if (typeof given !== 'object' || given === null || isPromise) {
    const shown = isPromise ? 'a promise' : toShown(given);
    throw new ConfigError(
      `Cannot ask for the item as 'callOptions' must answer an object of options, or undefined: current value is ${shown}`,
    );
  }
  if (!('signal' in given) || given.signal === undefined) return given;
  throw new ConfigError(
    `Cannot ask for the item as 'callOptions' must answer options without 'signal': current value is ${toShown(given.signal)}`,
  );
}

/** A batch waits for its keys for hours where it must; what has to end is each attempt. */
function patient(given: MapCallOptions | undefined, attemptTimeoutMs: number): MapCallOptions {
  const timeoutMs = given?.timeoutMs ?? Infinity;
  return {
    ...given,
    maxWaitMs: given?.maxWaitMs ?? Infinity,
    timeoutMs,
    attemptTimeoutMs: given?.attemptTimeoutMs ?? Math.min(timeoutMs, attemptTimeoutMs),
  };
}

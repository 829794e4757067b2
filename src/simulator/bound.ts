import type { BucketSettings } from './buckets.ts';
import { matchesAny } from './pattern.ts';
import { amountOf, type Use } from './quota.ts';

/** What to work out a bound for. */
export interface BoundQuestion {
  /** Where the time begins, in ms since the simulator's start; every bucket is taken for full then. Default: 0. */
  readonly sinceMs?: number;
  /** How long it lasts. Default: until now. */
  readonly durationMs?: number;
  /** The model all calls are for. Default: a model that no limit names. */
  readonly model?: string;
  /** True tokens of one call: held against buckets of tokens. Default: 0, which leaves these buckets out. */
  readonly tokensPerCall?: number;
  /** Held against buckets of input tokens. Default: 0. */
  readonly inputPerCall?: number;
  /** Held against buckets of output tokens. Default: 0. */
  readonly outputPerCall?: number;
  /** How long one call occupies a place where concurrency is limited. Default: the group's mean latency. */
  readonly callMs?: number;
}

/** The most that any client could have got, told everything beforehand. */
export interface Bound {
  /** Requests that the limits would have let in. `Infinity` where nothing limits. */
  readonly requests: number;
  /** Tokens that the buckets of tokens would have let in; `Infinity` where no such bucket is. */
  readonly tokens: number;
  readonly groups: readonly GroupBound[];
}

/** The share of one group in a bound. */
export interface GroupBound {
  readonly id: string;
  readonly requests: number;
  readonly tokens: number;
  /** What was the tightest, as in `requests per min`, `concurrency` or `no usable key`; `undefined` where nothing limits. */
  readonly boundBy: string | undefined;
}

/** A stretch of time, in epoch ms: `from` is inside, `to` is not. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** What a bound needs to know of a group. */
export interface BoundedGroup {
  readonly id: string;
  readonly buckets: readonly BucketSettings[];
  readonly concurrency: number;
  /** When at least one of its keys was, or will be, usable. */
  readonly usable: readonly Interval[];
}

/** The bound of one group: the tightest of its limits over the time it was usable. */
export function boundGroup(group: BoundedGroup, question: BoundQuestion, callMs: number): GroupBound {
  if (group.usable.length === 0) return { id: group.id, requests: 0, tokens: 0, boundBy: 'no usable key' };
  let requests = Infinity;
  let tokens = Infinity;
  let boundBy: string | undefined;
  for (const settings of group.buckets) {
    if (!matchesAny(settings.models, question.model ?? '')) continue;
    if (settings.counts === 'tokens') tokens = Math.min(tokens, allow(settings, 1, group.usable));
    const calls = allow(settings, perCall(settings, question), group.usable);
    if (calls < requests) [requests, boundBy] = [calls, `${settings.counts} per ${settings.unit}`];
  }
  const places = allowPlaces(group, callMs);
  if (places < requests) [requests, boundBy] = [places, 'concurrency'];
  return { id: group.id, requests, tokens, boundBy };
}

function perCall(settings: BucketSettings, question: BoundQuestion): number {
  const use: Use = { input: question.inputPerCall ?? 0, output: question.outputPerCall ?? 0 };
  return settings.counts === 'tokens' ? (question.tokensPerCall ?? 0) : amountOf(settings, use);
}

/** How many calls of a size a bucket that is full at the beginning lets in during some stretches of time. */
export function allow(settings: BucketSettings, amount: number, usable: readonly Interval[]): number {
  if (amount === 0) return Infinity;
  if (amount > settings.capacity) return 0;
  if (settings.kind === 'refill') return Math.floor(pour(settings, usable) / amount);
  const windows = settings.kind === 'fixed' && settings.anchor === 'clock' ? countClockWindows : countOwnWindows;
  return windows(settings.windowMs, usable) * Math.floor(settings.limit / amount);
}

/** A clairvoyant client empties the bucket whenever it may; what runs over while no key is usable is lost. */
function pour(settings: BucketSettings, usable: readonly Interval[]): number {
  const perMs = settings.limit / settings.windowMs;
  let level = settings.capacity;
  let poured = 0;
  let at = usable[0]?.from ?? 0;
  for (const { from, to } of usable) {
    poured += Math.min(settings.capacity, level + (from - at) * perMs) + (to - from) * perMs;
    level = 0;
    at = to;
  }
  return poured;
}

/** Windows of the clock that any stretch touches. */
function countClockWindows(windowMs: number, usable: readonly Interval[]): number {
  let count = 0;
  let next = -Infinity;
  for (const { from, to } of usable) {
    const first = Math.max(next, Math.floor(from / windowMs));
    const last = Math.floor((to - 1) / windowMs);
    count += Math.max(0, last - first + 1);
    next = Math.max(next, last + 1);
  }
  return count;
}

/** Windows that begin when they are first used: a whole limit at once, the next one a window later. */
function countOwnWindows(windowMs: number, usable: readonly Interval[]): number {
  let count = 0;
  let next = -Infinity;
  for (const { from, to } of usable) {
    const first = Math.max(next, from);
    const here = first < to ? Math.ceil((to - first) / windowMs) : 0;
    count += here;
    next = here > 0 ? first + here * windowMs : next;
  }
  return count;
}

/** Calls that start in time when each place is taken again as soon as it is free. */
function allowPlaces(group: BoundedGroup, callMs: number): number {
  if (group.concurrency === Infinity || callMs === 0) return Infinity;
  return group.usable.reduce((sum, { from, to }) => sum + group.concurrency * Math.ceil((to - from) / callMs), 0);
}

import type { Counted } from '../failure.ts';
import { carriedBy, carriedByPlaces, lastsMs, least, medianOf, sumOf, type Supply } from './capacity-maths.ts';
import type { Pace, Paces, Used } from './capacity-pace.ts';
import type { Group, KeyEntry } from './keys/members.ts';
import type { KeyRing } from './keys/ring.ts';
import { type BucketSnapshot, stateOf, toBucketSnapshot } from './keys/snapshot.ts';
import { matchesModel } from './quota/limits.ts';
import type { Meter } from './quota/meter.ts';

/** What a client's keys can still carry. Whatever nobody knows is absent, never 0. Plain data: it can be stored as JSON. */
export interface Capacity {
  /** Epoch ms. */
  readonly at: number;
  /** Of an alias: its targets in order. They may share buckets, so their sum may be more than all of them together carry. */
  readonly targets: readonly TargetCapacity[];
}

/** What all groups together carry for one model. */
export interface TargetCapacity {
  readonly provider: string;
  readonly model: string;
  /** Calls a minute that the groups can still carry: the sum of those of which something is known; 0 when none may be used now. */
  readonly perMinute?: number;
  /** Groups that may be used now and of whose limits nothing is known: they add to `perMinute`, nobody knows how much. */
  readonly unknownGroups: number;
  /** How it is used at present. */
  readonly pace: PaceSnapshot;
  /** How long all of it lasts at the present pace, ms; absent when it does not run out within a day, or nobody knows. */
  readonly lastsMs?: number;
  /** The limit that binds every group that may be used now; absent when they are bound by different ones. */
  readonly binding?: BindingLimit;
  /** Calls a minute that one more key would add: as much as the group in the middle carries with nothing spent; in a group that is here, nothing. */
  readonly oneMoreKey: { readonly inNewGroup?: number; readonly inOldGroup: 0 };
  readonly groups: readonly GroupCapacity[];
}

/** What one group carries for one model. */
export interface GroupCapacity {
  readonly group: string;
  /** Keys that may be used now: more of them do not carry more. */
  readonly keys: number;
  /** Calls a minute that it can still carry: what its tightest limit carries; 0 when none of its keys may be used now. */
  readonly perMinute?: number;
  /** When the first of its keys may be used again, epoch ms; absent when one may now, or only a person can change it. */
  readonly until?: number;
  /** The limit that carries least. */
  readonly binding?: BindingLimit;
  readonly pace: PaceSnapshot;
  /** How long it lasts at its own pace, ms; absent when it does not run out within a day, or nobody knows. */
  readonly lastsMs?: number;
  readonly buckets: readonly BucketCapacity[];
  /** Attempts under way, and how many may be at once. */
  readonly concurrency?: { readonly limit: number; readonly inFlight: number; readonly perMinute?: number };
}

/** One bucket: what is left of it, when all of it is free again, and what it carries. */
export interface BucketCapacity extends BucketSnapshot {
  /** Calls a minute that it alone carries; absent while nobody knows what a call takes of it. */
  readonly perMinute?: number;
  /** How long it lasts at the group's pace, ms; absent when it does not run out within a day, or nobody knows. */
  readonly lastsMs?: number;
}

/** Which limit binds. */
export interface BindingLimit {
  readonly counts: Counted | 'concurrency' | 'spacing';
  /** Of `spacing`: `minTimeMs`. */
  readonly limit: number;
  /** Of a bucket, ms. */
  readonly windowMs?: number;
}

/** How a group, or all groups, are used for one model: means of about the last minute. */
export interface PaceSnapshot {
  /** Answers a minute. */
  readonly perMinute: number;
  /** Input and output; absent before the first answer. */
  readonly tokensPerCall?: number;
  /** How long an attempt takes, ms; absent before the first answer. */
  readonly callMs?: number;
}

/** What the pool carries for these models now. */
export function capacityOf(pool: { readonly ring: KeyRing; readonly paces: Paces }, targets: readonly Used[], now: number): Capacity {
  return { at: now, targets: targets.map((target) => targetCapacity(pool, target, now)) };
}

function targetCapacity(
  { ring, paces }: { readonly ring: KeyRing; readonly paces: Paces },
  { provider, model }: Used,
  now: number,
): TargetCapacity {
  const views = [...ring.provider(provider).groups.values()].flatMap((group) => viewOf(group, model, paces, now) ?? []);
  const perCall = typicalCall(views);
  const groups = views.map((view) => groupCapacity(view, perCall, now));
  const ready = groups.filter(({ keys }) => keys > 0);
  const readyViews = views.filter(({ ready: isReady }) => isReady);
  const perMinute = ready.length === 0 && groups.length > 0 ? 0 : sumOf(ready.map((group) => group.perMinute));
  const pace = paceOf(
    views.map((view) => view.pace),
    now,
  );
  const lasts = lastsMs(
    readyViews.map((view) => suppliesOf(view, perCall, now)),
    pace.perMinute,
  );
  const binding = common(ready.map((group) => group.binding));
  const fresh = medianOf(views.flatMap((view) => freshPerMinute(view, perCall, now) ?? []));
  return {
    provider,
    model,
    ...(perMinute === undefined ? {} : { perMinute }),
    unknownGroups: ready.filter((group) => group.perMinute === undefined).length,
    pace,
    ...(lasts === undefined ? {} : { lastsMs: lasts }),
    ...(binding === undefined ? {} : { binding }),
    oneMoreKey: { ...(fresh === undefined ? {} : { inNewGroup: fresh }), inOldGroup: 0 },
    groups,
  };
}

/** A group as one model sees it. */
interface View {
  readonly group: Group;
  readonly model: string;
  readonly keys: readonly KeyEntry[];
  readonly ready: boolean;
  readonly meters: readonly Meter[];
  readonly pace: Pace | undefined;
}

/** `undefined` when none of its keys is for the model. */
function viewOf(group: Group, model: string, paces: Paces, now: number): View | undefined {
  const keys = group.keys.filter((key) => matchesModel(key.input.models, model));
  if (keys.length === 0) return undefined;
  const quota = group.quota(model, now);
  const ready = keys.some((key) => stateOf(key, now, model).state === 'ready');
  return { group, model, keys, ready, meters: quota.meters, pace: paces.of(quota) };
}

type PerCall = (view: View, counts: Counted) => number | undefined;

/** What a call takes: as the group's own calls told, else as those of the group in the middle did. */
function typicalCall(views: readonly View[]): PerCall {
  const typical = new Map<Counted, number | undefined>();
  return ({ pace }, counts) => {
    const own = pace?.meanOf(counts);
    if (own !== undefined || counts === 'requests') return own ?? 1;
    if (!typical.has(counts)) typical.set(counts, medianOf(views.flatMap((view) => view.pace?.meanOf(counts) ?? [])));
    return typical.get(counts);
  };
}

function supplyOf(meter: Meter, perCall: number | undefined, now: number): Supply {
  const { limit, windowMs, law } = meter;
  return { kind: law.kind, limit, windowMs, remaining: law.remaining(now), fullInMs: law.resetAt(now) - now, perCall };
}

function suppliesOf(view: View, perCall: PerCall, now: number): readonly Supply[] {
  return view.meters.map((meter) => supplyOf(meter, perCall(view, meter.counts), now));
}

function groupCapacity(view: View, perCall: PerCall, now: number): GroupCapacity {
  const { group, keys, pace, meters } = view;
  const used = paceOf([pace], now);
  const buckets = meters.map((meter): BucketCapacity => {
    const supply = supplyOf(meter, perCall(view, meter.counts), now);
    const [perMinute, lasts] = [carriedBy(supply), lastsMs([[supply]], used.perMinute)];
    return {
      ...toBucketSnapshot(meter, now),
      ...(perMinute === undefined ? {} : { perMinute }),
      ...(lasts === undefined ? {} : { lastsMs: lasts }),
    };
  });
  const others = otherLimits(view);
  const tightest = least([...buckets, ...others]);
  const places = others.find(({ counts }) => counts === 'concurrency');
  const states = keys.map((key) => stateOf(key, now, view.model));
  const ready = states.filter(({ state }) => state === 'ready').length;
  const until = ready > 0 ? Infinity : Math.min(...states.map(({ hold }) => hold?.until ?? Infinity));
  const lasts = lastsMs([suppliesOf(view, perCall, now)], used.perMinute);
  const perMinute = ready === 0 ? 0 : tightest?.perMinute;
  return {
    group: group.id,
    keys: ready,
    ...(perMinute === undefined ? {} : { perMinute }),
    ...(until === Infinity ? {} : { until }),
    ...(tightest === undefined ? {} : { binding: toBinding(tightest) }),
    pace: used,
    ...(lasts === undefined ? {} : { lastsMs: lasts }),
    buckets,
    ...(places === undefined ? {} : { concurrency: { limit: places.limit, inFlight: group.inFlight, ...perMinuteOf(places) } }),
  };
}

type Limit = BindingLimit & { readonly perMinute?: number | undefined };

/** Limits of a group that are no buckets. */
function otherLimits({ group, pace }: View): readonly Limit[] {
  const { concurrency, minTimeMs } = group.limits;
  const limits: Limit[] = [];
  if (concurrency !== undefined && concurrency < Infinity)
    limits.push({ counts: 'concurrency', limit: concurrency, perMinute: carriedByPlaces(concurrency, pace?.meanMs) });
  if (minTimeMs !== undefined && minTimeMs > 0)
    limits.push({ counts: 'spacing', limit: minTimeMs, perMinute: carriedByPlaces(1, minTimeMs) });
  return limits;
}

/** What a group like this one carries when nothing of it is spent. */
function freshPerMinute(view: View, perCall: PerCall, now: number): number | undefined {
  const fresh = suppliesOf(view, perCall, now).map((supply) => ({ perMinute: carriedBy({ ...supply, remaining: supply.limit }) }));
  return least([...fresh, ...otherLimits(view)])?.perMinute;
}

function paceOf(paces: readonly (Pace | undefined)[], now: number): PaceSnapshot {
  const told = paces.flatMap((pace) => (pace === undefined ? [] : [{ pace, perMinute: pace.perMinute(now) }]));
  const perMinute = sumOf(told.map((each) => each.perMinute)) ?? 0;
  // Weighed by how often each is asked; when nobody was for long, all alike.
  const weigh = (of: (pace: Pace) => number | undefined): number | undefined => {
    const weight = (each: { readonly perMinute: number }): number => (perMinute > 0 ? each.perMinute / perMinute : 1 / told.length);
    return sumOf(told.map((each) => (of(each.pace) ?? 0) * weight(each)));
  };
  const tokensPerCall = weigh((pace) => pace.meanOf('tokens'));
  const callMs = weigh((pace) => pace.meanMs);
  return { perMinute, ...(tokensPerCall === undefined ? {} : { tokensPerCall }), ...(callMs === undefined ? {} : { callMs }) };
}

function perMinuteOf({ perMinute }: Limit): { readonly perMinute?: number } {
  return perMinute === undefined ? {} : { perMinute };
}

function toBinding({ counts, limit, windowMs }: BindingLimit): BindingLimit {
  return { counts, limit, ...(windowMs === undefined ? {} : { windowMs }) };
}

/** The limit that is the same for all; their numbers may differ, so that of the first is told where they do not. */
function common(limits: readonly (BindingLimit | undefined)[]): BindingLimit | undefined {
  const [first] = limits;
  const isSame = (limit: BindingLimit | undefined): boolean =>
    limit?.counts === first?.counts && limit?.windowMs === first?.windowMs && limit?.limit === first?.limit;
  return first !== undefined && limits.every(isSame) ? first : undefined;
}

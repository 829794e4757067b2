import type { Counted, FailureClass, HoldSource, Scope } from '../../failure.ts';
import type { Hold } from './hold.ts';
import type { KeyEntry, KeyReason } from './members.ts';
import type { Meter } from '../quota/meter.ts';

const DAY_MS = 86_400_000;

/** Whether a key may be used: `cooling` for a while, `exhausted` until its quota comes back, `invalid` until a person changes it. */
export type KeyState = 'ready' | 'cooling' | 'exhausted' | 'invalid' | 'disabled' | 'expired';

/** One hold on a key, as people read it. Instants are epoch ms. */
export interface HoldSnapshot {
  readonly scope: Scope;
  /** Absent when the hold is for all models. */
  readonly model?: string;
  readonly class: FailureClass;
  /** Ends by then at the latest, unless a person ends it. */
  readonly until: number;
  readonly since: number;
  /** Who said until when. */
  readonly source: HoldSource;
}

/** One bucket of a key's group. */
export interface BucketSnapshot {
  readonly counts: Counted;
  /** Length of its window, ms. */
  readonly windowMs: number;
  /** Absent when models share it. */
  readonly model?: string;
  /** How many a window. */
  readonly limit: number;
  /** What may still be spent now; below 0 when more was spent than allowed. */
  readonly remaining: number;
  /** When all of it is free again if nothing more is spent, epoch ms. */
  readonly resetAt: number;
  /** `configured` by you, or `learned` from the provider's answers. */
  readonly source: 'configured' | 'learned';
}

/** One key as `client.keys.list()` shows it. Instants are epoch ms; the secret is not in it. */
export interface KeySnapshot {
  readonly id: string;
  readonly provider: string;
  readonly group: string;
  /** Organisation that answers named, if any did. */
  readonly organization?: string;
  /** Project that an answer to this key named, if one did. Keys that share one are in one group unless you declared another. */
  readonly project?: string;
  /**
   * Its group is one by inference, as no answer named a project: `limits` when what answers said was left is explained by the others'
   * requests, `organization` when they named one organisation. It is undone when they turn out to have quotas of their own. `since`: epoch ms.
   */
  readonly inferred?: { readonly evidence: 'limits' | 'organization'; readonly since: number };
  /** `sk-…a1b2`; a tail only of secrets of 20 characters or more. */
  readonly label: string;
  /** A hold for one model leaves it `ready`. */
  readonly state: KeyState;
  /** When `cooling` or `exhausted` ends. */
  readonly until?: number;
  /** The last failure that holds it, or made it invalid. */
  readonly reason?: { readonly class: FailureClass; readonly status: number | undefined; readonly message: string; readonly at: number };
  /** Its own, and those of its group, organisation and provider. */
  readonly holds: readonly HoldSnapshot[];
  /** Those of its group: keys of one group show the same. Learned ones appear with the first answer. */
  readonly buckets: readonly BucketSnapshot[];
  /** Attempts under way. */
  readonly inFlight: number;
  /** Since it was first seen: calls that it answered, attempts, tokens of its answers, failed attempts. */
  readonly totals: { readonly calls: number; readonly attempts: number; readonly tokens: number; readonly errors: number };
  readonly addedAt: number;
  /** When a key of this id and secret came first: `addedAt`, or before where it was taken out and came back. */
  readonly firstSeenAt: number;
  /** Since it was first seen. */
  readonly ageDays: number;
  /** When an attempt with it began last. */
  readonly lastUsedAt?: number;
}

/** The state of a key for all models, or for one when it is named. */
export function stateOf(key: KeyEntry, now: number, model?: string): { readonly state: KeyState; readonly hold?: Hold } {
  if (key.status.status !== 'usable') return { state: key.status.status };
  if (key.expired(now)) return { state: 'expired' };
  const hold = key.holders.flatMap((holds) => holds.current(now, model) ?? []).toSorted((a, b) => b.until - a.until)[0];
  if (hold === undefined) return { state: 'ready' };
  return { state: hold.class === 'quota_exhausted' ? 'exhausted' : 'cooling', hold };
}

export function snapshotOf(key: KeyEntry, now: number): KeySnapshot {
  const { state, hold } = stateOf(key, now);
  const { group } = key;
  const reason = reasonOf(key, state, hold, now);
  return {
    id: key.id,
    provider: group.provider.name,
    group: group.id,
    ...(group.organization === undefined ? {} : { organization: group.organization.id }),
    ...(key.project === undefined ? {} : { project: key.project }),
    ...(group.inferred === undefined ? {} : { inferred: { ...group.inferred } }),
    label: key.input.secret?.label ?? 'keyless',
    state,
    ...(hold === undefined ? {} : { until: hold.until }),
    ...(reason === undefined ? {} : { reason }),
    holds: key.holders.flatMap((holds) => holds.active(now).map(toHoldSnapshot)),
    buckets: group.meters().map((meter) => toBucketSnapshot(meter, now)),
    inFlight: key.inFlight,
    totals: { ...key.totals },
    addedAt: key.addedAt,
    firstSeenAt: key.firstSeenAt,
    ageDays: daysSince(key.firstSeenAt, now),
    ...(key.lastUsedAt === undefined ? {} : { lastUsedAt: key.lastUsedAt }),
  };
}

/** With fractions. */
export function daysSince(at: number, now: number): number {
  return (now - at) / DAY_MS;
}

/** A key that is held with its group was not refused itself, so the hold speaks for it. */
function reasonOf(key: KeyEntry, state: KeyState, hold: Hold | undefined, now: number): KeyReason | undefined {
  if (hold !== undefined) return { class: hold.class, status: hold.status, message: hold.why, at: hold.since };
  return state === 'ready' && key.holds.active(now).length === 0 ? undefined : key.reason;
}

function toHoldSnapshot({ scope, model, class: failure, until, since, source }: Hold): HoldSnapshot {
  return { scope, ...(model === undefined ? {} : { model }), class: failure, until, since, source };
}

export function toBucketSnapshot({ counts, windowMs, model, limit, law, source }: Meter, now: number): BucketSnapshot {
  return {
    counts,
    windowMs,
    ...(model === undefined ? {} : { model }),
    limit,
    remaining: law.remaining(now),
    resetAt: law.resetAt(now),
    source,
  };
}

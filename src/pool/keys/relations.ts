import type { Events } from '../../events.ts';
import type { BucketReading } from '../../failure.ts';
import type { Meter } from '../quota/meter.ts';
import type { Quota } from '../quota/quota.ts';
import { type Finding, instantOf, isStrange, judge } from './judge.ts';
import type { Group, KeyEntry } from './members.ts';
import { Partings } from './partings.ts';
import type { KeyRing } from './ring.ts';
import { type Freed, Shadows } from './shadows.ts';
import { follow, type Shape, sightOf, type Track } from './track.ts';
import { forgetHalf, type Seen, type Verdict, Watches } from './watches.ts';

/** An answer is compared with the latest of so many other keys. */
const MOST_COMPARED = 15;
/** What was seen this long ago says little of now. */
const FRESH_MS = 10_000;
/** So many rows more make it worth judging again. */
const ROWS_BETWEEN = 4;
const LEAST_ROWS = 8;
/** Limits are forgotten beyond so many, so that made-up names cost no memory. */
const REMEMBERED = 512;
/** What two keys must have sent together while their answers were compared. */
const ENOUGH_SENT = 10;
/** So many judgements in a row must speak against a key that is in a group by inference. */
const ENOUGH_DOUBTS = 2;
/** What must be missing of the others' requests. */
const MISSING = 5;

/** An attempt whose answer's headers are here. */
export interface Heard {
  readonly key: KeyEntry;
  readonly quota: Quota;
  readonly sentAt: number;
}

/** One limit of one key, as an answer just told of it. */
interface Place {
  readonly key: KeyEntry;
  readonly quota: Quota;
  readonly slot: string;
  readonly seen: Seen;
  readonly now: number;
}

/**
 * Finds out which keys that nobody declared draw on one quota, from what nobody but another key of ours can have spent; and, for
 * ever, whether those found still do. What is certain (declared groups, projects that answers named) it never touches. Only limits of
 * requests tell: what others cost is an estimate.
 */
export class Relations {
  readonly #ring: KeyRing;
  readonly #events: Events;
  readonly #watches = new Watches();
  readonly #partings = new Partings();
  /** By model and limit of a provider: keys on whose bucket somebody else draws, the latest last. */
  readonly #suspects = new Map<string, Set<KeyEntry>>();

  readonly #shadows: Shadows;

  constructor(ring: KeyRing, events: Events, freed: Freed = () => undefined) {
    this.#ring = ring;
    this.#events = events;
    this.#shadows = new Shadows(ring, this.#watches, freed);
  }

  /** A request leaves. */
  sent(key: KeyEntry, model: string, now: number): void {
    if (!isOpen(key)) return;
    this.#watches.of(key, model, now).log.add(now);
    this.#shadows.sent(key, model, now);
  }

  /** An answer told of limits. Returns true when a group is another one by that. */
  heard({ key, quota, sentAt }: Heard, readings: readonly BucketReading[], refused: boolean, now: number): boolean {
    if (!isOpen(key)) return false;
    const watch = this.#watches.get(key, quota.model);
    // What was sent before nobody watched is not in it.
    if (watch === undefined) return false;
    if (refused && !key.group.provider.charging.refusedCount) watch.log.takeBack(sentAt);
    let moved = false;
    for (const reading of readings) {
      const meter = quota.slot(reading.slot);
      const sight = sightOf(reading, sentAt, now);
      if (meter === undefined || sight === undefined || reading.counts !== 'requests') continue;
      const before = watch.seen.get(reading.slot);
      const seen = before ?? { track: follow(undefined, sight, shapeOf(meter)), judged: 0, verdict: undefined };
      if (before === undefined) watch.seen.set(reading.slot, seen);
      else this.#follow(seen, follow(seen.track, sight, shapeOf(meter)));
      if (seen.track.noted - seen.judged < ROWS_BETWEEN || seen.track.noted < LEAST_ROWS) continue;
      moved = this.#judge({ key, quota, slot: reading.slot, seen, now }) || moved;
    }
    this.#shadows.heard(key, quota.model, { readings, refused, sentAt }, now);
    return moved;
  }

  #follow(seen: Seen, track: Track): void {
    if (track.noted < seen.track.noted) seen.judged = 0;
    seen.track = track;
  }

  #judge(place: Place): boolean {
    const { key, quota, seen, slot, now } = place;
    const own = this.#watches.of(key, quota.model, now).log;
    const isInferred = key.group.inferred !== undefined;
    seen.judged = seen.track.noted;
    if (!isStrange(seen.track, own) && !isInferred) return false;
    const suspects = this.#suspectsAt([key.group.provider.name, quota.model, slot, seen.track.limit].join('\n'), key);
    const others = this.#othersOf(key, suspects, quota.model, now);
    const logs = others.map((other) => this.#watches.of(other, quota.model, now).log);
    const kin = others.flatMap((other, index) => (other.group === key.group ? [index] : []));
    const finding = judge(seen.track, { own, others: logs, kin }, now);
    seen.verdict = undefined;
    if (finding === undefined) return false;
    const named = (found: ReadonlyMap<number, number>): ReadonlyMap<KeyEntry, number> =>
      new Map(others.flatMap((other, index) => (found.has(index) ? [[other, found.get(index) ?? 0] as const] : [])));
    const verdict = { shares: named(finding.shares), apart: named(finding.apart), at: now };
    seen.verdict = verdict;
    return (isInferred && this.#doubt(place, verdict, finding.missing)) || this.#unite(place, verdict, finding);
  }

  /** Joins it with those whose answers say the same of it. */
  #unite({ key, quota, slot, seen, now }: Place, { shares }: Verdict, { reader }: Finding): boolean {
    let united = false;
    for (const [other, sent] of shares) {
      const theirs = this.#watches.get(other, quota.model)?.seen.get(slot)?.verdict;
      if (other.group === key.group || theirs === undefined || theirs.at < now - FRESH_MS) continue;
      if (sent + (theirs.shares.get(key) ?? -Infinity) < ENOUGH_SENT) continue;
      if (!mayBeOne(key, other) || this.#partings.isBarred(key, other, now)) continue;
      united = this.#ring.infer(key.group, other.group, 'limits', now) !== undefined || united;
    }
    if (!united) return false;
    const { group } = key;
    this.#beginAnew({ key, quota, slot, seen, now }, reader);
    const keys = group.keys.map(({ id }) => id);
    this.#events.emit('group-learned', { provider: group.provider.name, group: group.id, keys, inferred: 'limits' });
    return true;
  }

  /** The newest answer says how much is left, less what any of them sent since. */
  #beginAnew({ key, quota, slot, seen, now }: Place, reader: Finding['reader']): void {
    const { last, limit } = seen.track;
    const { group } = key;
    const { windowMs } = group.quota(quota.model, now).slot(slot) ?? { windowMs: Infinity };
    const readAt = reader.readAt === 'admission' ? last.sentAt : last.at;
    const from = instantOf(last, reader);
    const sentSince = group.keys.reduce((sum, each) => {
      const log = this.#watches.get(each, quota.model)?.log;
      return log === undefined ? sum : sum + log.until(now) - log.until(from);
    }, 0);
    for (const each of group.keys) each.doubts = 0;
    group.quota(quota.model, now).beginAt(slot, last.remaining + ((now - readAt) * limit) / windowMs - sentSince, reader.readAt, now);
  }

  /** Looks whether a key of a group that was only inferred is still explained by the others' requests. */
  #doubt({ key, now }: Place, { shares, apart }: Verdict, missing: number): boolean {
    const { group } = key;
    const friends = [...shares.keys()].filter((other) => other.group === group);
    const isOther = [...apart.keys()].some((other) => other.group === group);
    key.doubts = isOther || (friends.length === 0 && missing >= MISSING) ? key.doubts + 1 : 0;
    if (key.doubts < ENOUGH_DOUBTS) return false;
    if (group.inferred?.evidence === 'organization' && group.organization !== undefined) group.organization.parted = true;
    const rest = this.#ring.part([key, ...friends], now);
    if (rest === undefined) return false;
    for (const other of rest.keys) this.#partings.note(key, other, now);
    const keys = key.group.keys.map(({ id }) => id);
    this.#events.emit('group-parted', { provider: group.provider.name, group: rest.id, keys, into: key.group.id });
    return true;
  }

  /** Those who may draw on the same bucket: others of its group, and those on whose bucket others draw as well. */
  #othersOf(key: KeyEntry, suspects: ReadonlySet<KeyEntry>, model: string, now: number): readonly KeyEntry[] {
    const kin = key.group.inferred === undefined ? [] : key.group.keys;
    const others = [...new Set([...kin, ...[...suspects].toReversed()])].filter((other) => other !== key && isOpen(other));
    return others.filter((other) => other.group === key.group || this.#isCurrent(other, model, now)).slice(0, MOST_COMPARED);
  }

  #isCurrent(key: KeyEntry, model: string, now: number): boolean {
    const seen = this.#watches.get(key, model)?.seen.values() ?? [];
    return this.#ring.get(key.id) === key && [...seen].some(({ track }) => track.last.at > now - FRESH_MS);
  }

  #suspectsAt(place: string, key: KeyEntry): ReadonlySet<KeyEntry> {
    let known = this.#suspects.get(place);
    if (known === undefined) {
      if (this.#suspects.size >= REMEMBERED) forgetHalf(this.#suspects);
      this.#suspects.set(place, (known = new Set()));
    }
    known.delete(key);
    known.add(key);
    const [oldest] = known;
    if (known.size > 2 * MOST_COMPARED && oldest !== undefined) known.delete(oldest);
    return known;
  }
}

/** True where something could be found out. */
function isOpen({ group: { declared, provider, inferred, size }, project }: KeyEntry): boolean {
  return !declared && project === undefined && (inferred !== undefined || provider.groups.size > 1) && size > 0;
}

/** Organisations that answers named are certain, and so are projects. */
function mayBeOne({ group: a }: KeyEntry, { group: b }: KeyEntry): boolean {
  if (a.organization !== undefined && b.organization !== undefined && a.organization !== b.organization) return false;
  return isFree(a) && isFree(b);
}

function isFree({ declared, project }: Group): boolean {
  return !declared && project === undefined;
}

function shapeOf({ law, limit, windowMs }: Meter): Shape {
  return { kind: law.kind, limit, windowMs };
}

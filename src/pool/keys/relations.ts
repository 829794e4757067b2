import type { Events } from '../../events.ts';
import type { BucketReading, Counted } from '../../failure.ts';
import type { Cost } from '../quota/limits.ts';
import type { Meter } from '../quota/meter.ts';
import type { Quota } from '../quota/quota.ts';
import {
  afterParting,
  afterSign,
  consumedBetween,
  ENOUGH,
  fullBefore,
  isOneLine,
  isProved,
  isStrange,
  mayHaveBeenFull,
  type Kinship,
  NOBODY,
  type ReadAt,
  readAs,
  readSide,
  type Shape,
  type Side,
  type Sight,
  type Sign,
  strangers,
  unexplained,
} from './evidence.ts';
import type { Group, KeyEntry, ProviderEntry } from './members.ts';
import type { KeyRing } from './ring.ts';
import { SendLog } from './sends.ts';

/** An answer is compared with the latest of so many other groups. */
const MOST_COMPARED = 8;
/** What was seen this long ago says little of now. */
const FRESH_MS = 10_000;
/** What is compared lies so far apart, or so many requests of the limit. */
const STRETCH_MS = 5000;
const STRETCH_REQUESTS = 10;
/** Models, limits and pairs are forgotten beyond so many, so that made-up names cost no memory. */
const REMEMBERED = 512;
/** A request is on its way to the server for less than this. */
const WAY_MS = 40;
/** So many requests left are plenty: where little is left for all, everybody's answers look alike. */
const PLENTY = 10;
/** What a sign is worth where more groups look like one than can be. */
const AMBIGUOUS = 0.25;
/** Models that one group or key is watched for. */
const MOST_MODELS = 8;

const READ_AT: readonly ReadAt[] = ['answer', 'admission'];

/** An attempt whose answer's headers are here. */
export interface Heard {
  readonly key: KeyEntry;
  readonly quota: Quota;
  readonly sentAt: number | undefined;
}

/** What was sent to and seen of one group, key or provider for one model. */
interface Watch {
  readonly log: SendLog;
  readonly tracks: Map<string, Track>;
}

/** One limit as answers told of it, since a first one. */
interface Track {
  anchor: Sight;
  last: Sight;
  /** What at least others spent since: it never becomes less, while what an answer proves of it does. */
  least: number;
}

/** A group in which somebody else's requests were seen. */
interface Suspect {
  readonly group: Group;
  readonly watch: Watch;
  readonly track: Track;
}

/**
 * Finds out which groups that nobody declared draw on one quota, from what nobody but another group of ours can have spent; and, for
 * ever, whether those found still look like one. What is certain (declared groups, projects that answers named) it never touches.
 */
export class Relations {
  readonly #ring: KeyRing;
  readonly #events: Events;
  #watches = new WeakMap<object, Map<string, Watch>>();
  /** By model and limit of a provider: those who may be one, the latest last. */
  readonly #suspects = new Map<string, Suspect[]>();
  /** When a provider reads what it says of a limit, as far as answers told. */
  readonly #readAt = new Map<string, ReadAt>();
  readonly #pairs = new Map<string, Kinship>();

  constructor(ring: KeyRing, events: Events) {
    this.#ring = ring;
    this.#events = events;
  }

  /** A request leaves. */
  sent(key: KeyEntry, model: string, cost: Cost, now: number): void {
    const { group } = key;
    if (!isOpen(group)) return;
    this.#watch(group.provider, model, now).log.add(cost, now);
    this.#watch(group, model, now).log.add(cost, now);
    if (group.inferred !== undefined) this.#watch(key, model, now).log.add(cost, now);
  }

  /** An answer told of limits. Returns true when a group is another one by that. */
  heard(heard: Heard, readings: readonly BucketReading[], now: number): boolean {
    if (readings.length === 0 || !isOpen(heard.key.group)) return false;
    let moved = false;
    for (const reading of readings) {
      const meter = heard.quota.slot(reading.slot);
      if (meter === undefined || reading.remaining === undefined) continue;
      const { sentAt = now } = heard;
      const fullAt = reading.resetMs === undefined ? undefined : now + reading.resetMs;
      const sight = { sentAt, at: now, remaining: reading.remaining, fullAt };
      moved = this.#compare(heard, reading, shapeOf(meter), sight) || moved;
      moved = this.#doubt(heard, reading, shapeOf(meter), sight) || moved;
    }
    return moved;
  }

  /** Looks for another group whose requests explain what this one's do not. */
  #compare({ key, quota }: Heard, { slot, counts }: BucketReading, shape: Shape, sight: Sight): boolean {
    const { group } = key;
    const { model } = quota;
    const watch = this.#watch(group, model, sight.at);
    const before = watch.tracks.get(slot)?.last;
    const track = follow(watch, slot, sight, shape);
    const readAt = this.#learnReadAt(`${group.provider.name}\n${slot}`, before, sight, shape);
    if (track === undefined) return false;
    const place = [group.provider.name, model, slot, shape.limit].join('\n');
    const own = sideOf(watch, track, counts, shape, undefined);
    if (own === undefined || !isStrange(own)) return false;
    const suspects = this.#suspectsAt(place);
    const others = suspects.filter((other) => other.group !== group && isCurrent(other, sight.at));
    this.#suspects.set(place, [...others.slice(1 - MOST_COMPARED), { group, watch, track }]);
    const total = this.#watch(group.provider, model, sight.at).log;
    const signs = others.flatMap((other) => {
      if (!mayBeOne(group, other.group)) return [];
      return { other, sign: signOf({ group, watch, track }, other, { counts, shape, readAt, total }) };
    });
    const kin = signs.filter(({ sign }) => sign === 'shared');
    // All of them together may be too many: then some only look alike, and time must tell which.
    const together = kin.reduce((sum, { other }) => sum + other.watch.log.between(counts, track.anchor, track.last).least, 0);
    const weight = together > own.unexplained.most ? AMBIGUOUS : sight.remaining >= PLENTY * own.unit ? ENOUGH : 1;
    for (const { other, sign } of signs)
      if (this.#afterSign(group, other.group, sign, sight.at, weight) && this.#unite(group, other.group, sight.at)) {
        const from = readAt === 'answer' ? sight.at - WAY_MS : sight.sentAt;
        group.live.quota(model, sight.at).beginAt(slot, sight.remaining, from, sight.at);
        return true;
      }
    return false;
  }

  /** Looks whether a key of a group that was only inferred is still explained by the others' requests. */
  #doubt({ key, quota }: Heard, { slot, counts }: BucketReading, shape: Shape, sight: Sight): boolean {
    const { group } = key;
    if (group.inferred === undefined) return false;
    const watch = this.#watch(key, quota.model, sight.at);
    const track = follow(watch, slot, sight, shape);
    if (track === undefined) return false;
    const side = sideOf(watch, track, counts, shape, this.#watch(group, quota.model, sight.at).log);
    const sign = side === undefined ? 'none' : readSide(side);
    if (sign === 'none') return false;
    watch.tracks.delete(slot);
    if (sign === 'shared') key.doubts = 0;
    else key.doubts += 1;
    if (key.doubts < ENOUGH_DOUBTS) return false;
    this.#part(key, sight.at);
    return true;
  }

  /** Returns true when it is proved now that both are one. */
  #afterSign(a: Group, b: Group, sign: Sign, now: number, weight: number): boolean {
    if (sign === 'none') return false;
    const name = pairOf(a, b);
    const state = afterSign(this.#pairs.get(name) ?? strangers, sign, now, weight);
    this.#remember(name, state);
    return isProved(state);
  }

  #unite(a: Group, b: Group, now: number): boolean {
    const models = new Map([a, b].flatMap((group) => [...(this.#watches.get(group) ?? [])]));
    const logs = [...models.keys()].map((model) => [model, this.#watch(a, model, now), this.#watch(b, model, now)] as const);
    const group = this.#ring.infer(a, b, 'limits', now);
    if (group === undefined) return false;
    const watches = new Map<string, Watch>();
    for (const [model, ofA, ofB] of logs) watches.set(model, { log: ofA.log.with(ofB.log), tracks: (group === a ? ofA : ofB).tracks });
    this.#watches.set(group, watches);
    for (const key of group.keys) key.doubts = 0;
    const keys = group.keys.map(({ id }) => id);
    this.#events.emit('group-learned', { provider: group.provider.name, group: group.id, keys, inferred: 'limits' });
    return true;
  }

  #part(key: KeyEntry, now: number): void {
    const { group } = key;
    const rest = this.#ring.part(key, now);
    if (rest === undefined) return;
    this.#watches.delete(rest);
    this.#watches.delete(key.group);
    for (const leaver of key.group.keys) this.#watches.delete(leaver);
    const name = pairOf(rest, key.group);
    this.#remember(name, afterParting(this.#pairs.get(name) ?? strangers, now));
    const keys = key.group.keys.map(({ id }) => id);
    this.#events.emit('group-parted', { provider: group.provider.name, group: rest.id, keys, into: key.group.id });
  }

  /** Requests that left together tell: each is another one when it comes, and all are counted when the answers leave. */
  #learnReadAt(place: string, before: Sight | undefined, sight: Sight, { limit, windowMs }: Shape): ReadAt | undefined {
    const known = this.#readAt.get(place);
    if (before === undefined || Math.abs(sight.sentAt - before.sentAt) > 1 || Math.abs(sight.at - before.at) > WAY_MS) return known;
    // What is refilled meanwhile would hide it, and so would a bucket that is empty.
    if ((WAY_MS * limit) / windowMs > 0.5 || sight.remaining < 1 || before.remaining < 1) return known;
    if (sight.remaining === before.remaining) this.#readAt.set(place, 'answer');
    else if (known === undefined && Math.abs(sight.at - before.at) <= 1) this.#readAt.set(place, 'admission');
    return this.#readAt.get(place);
  }

  #suspectsAt(place: string): readonly Suspect[] {
    const known = this.#suspects.get(place);
    if (known !== undefined) return known;
    if (this.#suspects.size >= REMEMBERED) forgetHalf(this.#suspects);
    return [];
  }

  #remember(name: string, state: Kinship): void {
    if (!this.#pairs.has(name) && this.#pairs.size >= REMEMBERED) forgetHalf(this.#pairs);
    this.#pairs.set(name, state);
  }

  #watch(of: Group | KeyEntry | ProviderEntry, model: string, now: number): Watch {
    let models = this.#watches.get(of);
    if (models === undefined) this.#watches.set(of, (models = new Map<string, Watch>()));
    let watch = models.get(model);
    if (watch === undefined) {
      if (models.size >= MOST_MODELS) forgetHalf(models);
      models.set(model, (watch = { log: new SendLog(now), tracks: new Map() }));
    }
    return watch;
  }
}

/** So many stretches must speak against a key that is in a group by inference, more than speak for it. */
const ENOUGH_DOUBTS = 3;

/** True where something could be found out. */
function isOpen({ declared, provider, inferred, size }: Group): boolean {
  return !declared && (inferred !== undefined || provider.groups.size > 1) && size > 0;
}

/** Adds a sight to what is known of a limit. `undefined` where it begins, or cannot be compared. */
function follow({ log, tracks }: Watch, slot: string, sight: Sight, shape: Shape): Track | undefined {
  // What was sent before the log began is not in it.
  if (sight.sentAt < log.since) return undefined;
  const track = tracks.get(slot);
  const rate = shape.limit / shape.windowMs;
  const isOver = track !== undefined && sight.sentAt - track.anchor.sentAt > Math.max(STRETCH_MS, STRETCH_REQUESTS / rate);
  if (track === undefined) {
    const anchor = fullBefore(sight, log.since, shape);
    const begun = { anchor: anchor ?? sight, last: sight, least: 0 };
    tracks.set(slot, begun);
    return anchor === undefined ? undefined : begun;
  }
  if (mayHaveBeenFull(track.last, sight) || consumedBetween(track.anchor, sight, shape) === undefined) {
    tracks.set(slot, { anchor: sight, last: sight, least: 0 });
    return undefined;
  }
  if (isBefore(sight, track.anchor)) {
    track.anchor = sight;
    track.least = 0;
    return track;
  }
  if (isBefore(sight, track.last)) return undefined;
  track.last = sight;
  if (isOver) tracks.set(slot, { anchor: sight, last: sight, least: 0 });
  return track;
}

/** True when the server counted `a` first: of requests that left together the one after which more was left. */
function isBefore(a: Sight, b: Sight): boolean {
  if (Math.abs(a.sentAt - b.sentAt) > 1) return a.sentAt < b.sentAt;
  return a.remaining > b.remaining;
}

function sideOf({ log }: Watch, track: Track, counts: Counted, shape: Shape, all: SendLog | undefined): Side | undefined {
  const { anchor, last } = track;
  const consumed = consumedBetween(anchor, last, shape);
  if (consumed === undefined) return undefined;
  const own = log.between(counts, anchor, last);
  const sent = all?.between(counts, anchor, last);
  const byOther = sent === undefined ? NOBODY : { least: Math.max(0, sent.least - own.most), most: Math.max(0, sent.most - own.least) };
  const { least, most } = unexplained(consumed, own);
  track.least = Math.max(track.least, least);
  return { unexplained: { least: track.least, most: Math.max(track.least, most) }, byOther, unit: log.unit(counts) };
}

interface Line {
  readonly counts: Counted;
  readonly shape: Shape;
  readonly readAt: ReadAt | undefined;
  /** What was sent to the provider. */
  readonly total: SendLog;
}

function signOf(a: Suspect, b: Suspect, line: Line): Sign {
  const { counts, shape } = line;
  const sides = [sideBeside(a, b, counts, shape), sideBeside(b, a, counts, shape)];
  if (sides.includes(undefined)) return 'none';
  const signs = sides.flatMap((side) => (side === undefined ? [] : readSide(side)));
  if (signs.includes('apart')) return 'apart';
  if (signs.includes('none')) return 'none';
  return areOneLine(a.track.last, b.track.last, line) ? 'shared' : 'apart';
}

/** While nobody knows when the server reads what it says, one of both ways must fit. */
function areOneLine(a: Sight, b: Sight, { counts, shape, readAt: known, total }: Line): boolean {
  return READ_AT.filter((readAt) => known === undefined || readAt === known).some((readAt) => {
    const [first, second] = [readAs(a, readAt), readAs(b, readAt)];
    const [earlier, later] = first.at <= second.at ? [first, second] : [second, first];
    return isOneLine(earlier, later, shape, total.between(counts, earlier, later).most);
  });
}

function sideBeside(a: Suspect, b: Suspect, counts: Counted, shape: Shape): Side | undefined {
  const side = sideOf(a.watch, a.track, counts, shape, undefined);
  if (side === undefined) return undefined;
  return { ...side, byOther: b.watch.log.between(counts, a.track.anchor, a.track.last) };
}

function isCurrent({ group, track }: Suspect, now: number): boolean {
  return group.live === group && group.size > 0 && track.last.at > now - FRESH_MS;
}

/** Projects that answers named are certain. */
function mayBeOne(a: Group, b: Group): boolean {
  return !a.declared && !b.declared && (a.project === undefined || b.project === undefined || a.project === b.project);
}

function shapeOf({ law, limit, windowMs }: Meter): Shape {
  return { kind: law.kind, limit, windowMs };
}

function pairOf(a: Group, b: Group): string {
  return [a.provider.name, ...[a.id, b.id].toSorted()].join('\n');
}

/** Those that were remembered first. */
function forgetHalf(map: Map<string, unknown>): void {
  for (const name of [...map.keys()].slice(0, Math.ceil(map.size / 2))) map.delete(name);
}

import type { BucketReading } from '../../failure.ts';
import type { Quota } from '../quota/quota.ts';
import { apartIn, isOverfull } from './apart.ts';
import type { Group, KeyEntry } from './members.ts';
import type { KeyRing } from './ring.ts';
import type { SendLog } from './sends.ts';
import { type Sight, sightOf } from './track.ts';
import { forgetHalf, type Watches } from './watches.ts';

/** Among more groups than this nobody looks who may share with whom. */
const MOST_GROUPS = 16;
/** A provider with more groups than this is not looked at at all: of thousands some are declared, or empty. */
const MOST_LOOKED_AT = 64;
/** So many of a group's latest answers are remembered, so far apart. */
const SIGHTS = 12;
const SIGHTS_APART_MS = 40;
/** Models are forgotten beyond so many, so that made-up names cost no memory. */
const REMEMBERED = 512;

/** A group that may share its bucket. */
interface Member {
  readonly group: Group;
  /** Who may draw on the same bucket, as far as anybody knows. */
  readonly others: Set<Member>;
  /** When the server had counted what its newest answer tells of, epoch ms; `undefined` before one. */
  since: number | undefined;
  /** By slot, what its answers said was left, the newest last. */
  readonly sights: Map<string, Sight[]>;
}

/** The groups of one provider, for one model. */
interface Commons {
  version: number;
  members: ReadonlyMap<Group, Member>;
  /** Proved, until a refusal says that something is wrong. */
  readonly apart: WeakMap<Group, WeakSet<Group>>;
}

/** What of a group may start earlier. */
export type Freed = (group: Group, quota: Quota) => void;

/**
 * While nobody knows whether groups draw on one bucket, what each sends may be missing to all: it is taken from what the others believe
 * to have left, until their own next answers measure it. Only a full bucket wastes quota, so that a group which in truth is alone loses
 * nothing by it; those that share do not spend one bucket several times. It ends when answers prove that they do not share, or that they do.
 */
export class Shadows {
  readonly #ring: KeyRing;
  readonly #watches: Watches;
  readonly #freed: Freed;
  readonly #commons = new Map<string, Commons>();

  constructor(ring: KeyRing, watches: Watches, freed: Freed) {
    this.#ring = ring;
    this.#watches = watches;
    this.#freed = freed;
  }

  /** A request leaves. */
  sent({ group }: KeyEntry, model: string, now: number): void {
    const member = this.#commonsOf(group, model, now).members.get(group);
    if (member === undefined) return;
    for (const other of member.others) if (other.since !== undefined) other.group.quota(model, now).shadow += 1;
  }

  /** An answer to a request sent at `sentAt` told of limits. */
  heard(key: KeyEntry, model: string, told: Told, now: number): void {
    const { group } = key;
    const commons = this.#commonsOf(group, model, now);
    const member = commons.members.get(group);
    if (member === undefined) return;
    if (told.refused) this.#doubt(commons, member);
    const readings = told.readings.filter(({ counts, remaining }) => counts === 'requests' && remaining !== undefined);
    if (readings.length === 0) return;
    // Nobody knows whether it speaks of when the request came or of when the answer left: the earlier is safe. What a younger request
    // was told before, which was refused, is forgotten sooner than this.
    member.since = told.sentAt;
    if (member.others.size > 0) this.#tellApart(commons, member, { key, model, readings, sentAt: told.sentAt }, now);
    this.#cast(member, model, now);
  }

  #tellApart(commons: Commons, member: Member, { key, model, readings, sentAt }: Word, now: number): void {
    const others = [...member.others];
    const proved = new Set<Member>();
    for (const reading of readings) {
      const { slot } = reading;
      const meter = member.group.quota(model, now).slot(slot);
      const limit = meter?.limit;
      const sight = sightOf(reading, sentAt, now);
      if (meter?.law.kind === 'refill' && sight !== undefined) {
        const perMs = meter.limit / meter.windowMs;
        for (const other of others)
          if (other.sights.get(slot)?.some((before) => isOverfull(sight, before, perMs)) === true) proved.add(other);
        note(member, slot, sight);
      }
      for (const other of others) if ((other.group.quota(model, now).slot(slot)?.limit ?? limit) !== limit) proved.add(other);
      const track = this.#watches.get(key, model)?.seen.get(slot)?.track;
      if (track === undefined) continue;
      const logs = others.map(({ group }) => this.#logsOf(group, model));
      for (const index of apartIn(track, this.#logsOf(member.group, model), logs)) {
        const other = others[index];
        if (other !== undefined) proved.add(other);
      }
    }
    for (const other of proved) {
      member.others.delete(other);
      other.others.delete(member);
      remember(commons, member.group, other.group);
      this.#cast(other, model, now);
      this.#freed(other.group, other.group.quota(model, now));
    }
  }

  /** What others sent since it heard last may be missing to it. */
  #cast({ group, others, since }: Member, model: string, now: number): void {
    let sent = 0;
    if (since !== undefined) {
      for (const other of others) for (const log of this.#logsOf(other.group, model)) sent += log.until(now) - log.until(since - 1);
    }
    group.quota(model, now).shadow = sent;
  }

  /** Refused: what was proved of it may be wrong. */
  #doubt({ apart, members }: Commons, member: Member): void {
    apart.delete(member.group);
    for (const other of members.values()) {
      if (other === member || !mayShare(member.group, other.group)) continue;
      apart.get(other.group)?.delete(member.group);
      member.others.add(other);
      other.others.add(member);
    }
  }

  #logsOf({ keys }: Group, model: string): readonly SendLog[] {
    return keys.flatMap((key) => this.#watches.get(key, model)?.log ?? []);
  }

  #commonsOf({ provider }: Group, model: string, now: number): Commons {
    const name = `${provider.name}\n${model}`;
    let commons = this.#commons.get(name);
    if (commons === undefined) {
      if (this.#commons.size >= REMEMBERED) forgetHalf(this.#commons);
      this.#commons.set(name, (commons = { version: -1, members: new Map(), apart: new WeakMap() }));
    }
    if (commons.version !== this.#ring.version) this.#gather(commons, provider.groups, model, now);
    return commons;
  }

  /** Keys came or went, or are in other groups. */
  #gather(commons: Commons, groups: ReadonlyMap<string, Group>, model: string, now: number): void {
    const before = commons.members;
    const open = groups.size > MOST_LOOKED_AT ? [] : [...groups.values()].filter(isUndetermined);
    const members = open.length > MOST_GROUPS ? [] : open;
    commons.version = this.#ring.version;
    commons.members = new Map(
      members.map((group) => {
        const { since, sights = new Map<string, Sight[]>() } = before.get(group) ?? {};
        return [group, { group, others: new Set<Member>(), since, sights }] as const;
      }),
    );
    for (const member of commons.members.values()) {
      for (const other of commons.members.values()) {
        if (other === member || !mayShare(member.group, other.group)) continue;
        if (commons.apart.get(member.group)?.has(other.group) !== true) member.others.add(other);
      }
    }
    for (const { group } of before.values()) if (!commons.members.has(group)) group.quota(model, now).shadow = 0;
    for (const member of commons.members.values()) this.#cast(member, model, now);
  }
}

/** What an answer told, and to what. */
export interface Told {
  readonly readings: readonly BucketReading[];
  readonly refused: boolean;
  readonly sentAt: number;
}

interface Word {
  readonly key: KeyEntry;
  readonly model: string;
  readonly readings: readonly BucketReading[];
  readonly sentAt: number;
}

/** Of answers that come together the first one tells enough. */
function note({ sights }: Member, slot: string, sight: Sight): void {
  let known = sights.get(slot);
  if (known === undefined) sights.set(slot, (known = []));
  const last = known.at(-1);
  if (last !== undefined && sight.at - last.at < SIGHTS_APART_MS) return;
  known.push(sight);
  if (known.length > SIGHTS) known.shift();
}

/** Neither a person nor an answer said which keys are in it. */
function isUndetermined({ declared, project, size }: Group): boolean {
  return !declared && project === undefined && size > 0;
}

/** Organisations that answers named are certain. */
function mayShare({ organization: a }: Group, { organization: b }: Group): boolean {
  return a === undefined || b === undefined || a === b;
}

function remember({ apart }: Commons, a: Group, b: Group): void {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    let known = apart.get(one);
    if (known === undefined) apart.set(one, (known = new WeakSet()));
    known.add(other);
  }
}

import type { Random } from '../../clock.ts';
import { type Ask, laneOf } from '../ask.ts';
import type { KeyRing } from '../keys/ring.ts';
import type { Group } from '../keys/members.ts';
import type { Cost } from '../quota/limits.ts';
import type { Quota } from '../quota/quota.ts';
import { WarmGroups } from './affinity.ts';
import { canStart, type Choice, choose, type Claims, freeKey } from './choose.ts';
import { Circle } from './circle.ts';
import { type First, firstReady, readyAt, startsAt } from './readiness.ts';
import type { Roster } from './roster.ts';
import { Rosters } from './rosters.ts';

/** How many groups are looked at one by one at most. */
export interface ScannedAtMost {
  /** As cheap as keeping an index. */
  readonly alike: number;
  /** Where some limit counts tokens: exact whatever the sizes of calls, which an index of sizes is not. */
  readonly sized: number;
}

const SCANNED_AT_MOST: ScannedAtMost = { alike: 16, sized: 64 };

/** Finds which of a provider's groups serves an ask: by looking at each, or, among many, by a roster for each model and size. */
export class Finder {
  readonly #ring: KeyRing;
  readonly #provider: string;
  readonly #random: Random;
  readonly #scannedAtMost: ScannedAtMost;
  readonly warm = new WarmGroups();
  #version = -1;
  #groups: readonly Group[] = [];
  #circle: Circle | undefined;
  readonly #rosters: Rosters;
  /** Some limit counts tokens, so that a small call may start where a large one cannot. */
  #sized = false;
  #changes = 0;
  #firstOfAll: KnownFirst | undefined;

  constructor(ring: KeyRing, provider: string, random: Random, scannedAtMost = SCANNED_AT_MOST) {
    this.#ring = ring;
    this.#provider = provider;
    this.#random = random;
    this.#scannedAtMost = scannedAtMost;
    this.#rosters = new Rosters(random);
  }

  /** True when calls of different sizes may have to wait for different instants. */
  get sized(): boolean {
    return this.#sized;
  }

  /** The class of size of an ask: powers of two of tokens. */
  sizeOf({ cost }: Ask): number {
    return this.#sized ? 32 - Math.clz32(cost.input + cost.output) : 0;
  }

  /** Counts what may change who can start, beside time. */
  get changes(): number {
    this.groups();
    return this.#changes;
  }

  /** Names what two asks must have in common to wait for the same instants; of very many keys, about the same. */
  nameOfSize(ask: Ask): string {
    if (!this.sized) return '';
    const { input, output } = ask.cost;
    return this.isMany ? String(this.sizeOf(ask)) : `${input} ${output}`;
  }

  /** So many groups that each look at all of them has its price. */
  get isMany(): boolean {
    return this.groups().length > this.#scannedAtMost.sized;
  }

  /** The group may be able to start earlier than before, or goes before others or after them. */
  touch(group: Group, { meters }: Quota): void {
    this.changing();
    if (!this.#sized) this.#sized = meters.some(({ counts }) => counts !== 'requests');
    this.#rosters.touch(group, this.#groups.length);
  }

  /** Something changes that a `touch` or `reset` will be told of: what was found in this instant holds no more. */
  changing(): void {
    this.#changes += 1;
  }

  /** Anything may have changed. */
  reset(): void {
    this.changing();
    this.#rosters.reset();
  }

  /** Every group that has keys. */
  groups(): readonly Group[] {
    if (this.#version !== this.#ring.version) {
      this.#version = this.#ring.version;
      this.#groups = [...this.#ring.provider(this.#provider).groups.values()];
      this.#circle = undefined;
      this.#sized ||= this.#groups.some(({ limits }) => limits.buckets.some(({ counts }) => counts !== 'requests'));
      this.reset();
    }
    return this.#groups;
  }

  /** Who serves the ask now. `groups` are those that it names, or waits for; absent is all. */
  find(ask: Ask, now: number, groups: readonly Group[] | undefined, claims?: Claims): Choice | undefined {
    const warm = this.warm.of(ask, now);
    if (warm !== undefined && (groups === undefined || groups.includes(warm)) && canStart(warm, ask, now, claims)) {
      const key = freeKey(warm, ask, now, this.#random);
      if (key !== undefined) return { group: warm, key, among: (groups ?? this.groups()).length, warm: true };
    }
    const roster = groups === undefined ? this.#rosterOf(ask) : undefined;
    if (roster === undefined) return choose(groups ?? this.groups(), ask, now, this.#random, claims);
    return this.#findHome(ask, now, claims) ?? roster.pick(ask, now, claims);
  }

  /** After a `find` that found none: the group that could start first if no call were in flight, or by `soon`, and when. */
  first(ask: Ask, now: number, groups: readonly Group[] | undefined, soon = now): First {
    const roster = groups === undefined ? this.#rosterOf(ask) : undefined;
    return roster === undefined ? this.firstOf(ask, now, groups) : roster.first(ask, now, soon);
  }

  /** The same by looking at each group, for whom it would be refused: an index may be too early or, for a small call, too late. */
  firstOf(ask: Ask, now: number, groups: readonly Group[] | undefined): First {
    if (groups !== undefined || !this.isMany) return firstReady(groups ?? this.groups(), ask, now);
    const known = this.#knownFirst(ask, now);
    if (known !== undefined && (!this.#sized || sameCost(known.cost, ask.cost))) return known.first;
    const first = firstReady(this.groups(), ask, now);
    this.#firstOfAll = { lane: laneOf(ask), cost: ask.cost, now, changes: this.#changes, first };
    return first;
  }

  /** After a `find` that found none: the first start, or among many one that is by `limit`. One that is after `limit` is no belief, though it may be that of an ask which needs less. */
  firstBy(limit: number, ask: Ask, now: number, groups: readonly Group[] | undefined): First {
    const known = groups === undefined ? this.#knownFirst(ask, now) : undefined;
    if (known !== undefined && known.first.at > limit && known.cost.input <= ask.cost.input && known.cost.output <= ask.cost.output)
      return known.first;
    const first = this.first(ask, now, groups, limit);
    return first.at > limit ? this.firstOf(ask, now, groups) : first;
  }

  /** What was found for an ask of this lane by looking at each group, as long as nothing has changed. */
  #knownFirst(ask: Ask, now: number): KnownFirst | undefined {
    const { changes } = this;
    const known = this.#firstOfAll;
    return known?.now === now && known.changes === changes && known.lane === laneOf(ask) ? known : undefined;
  }

  /** True when some group could start by `limit` if no call were in flight: looks no further than it must. */
  mayStartBy(limit: number, ask: Ask, now: number, groups: readonly Group[] | undefined): boolean {
    const roster = groups === undefined ? this.#rosterOf(ask) : undefined;
    const { at } = roster?.first(ask, now, limit) ?? { at: Infinity };
    if (at <= limit && at < Infinity) return true;
    for (const group of groups ?? this.groups()) {
      const ready = readyAt(group, ask, now);
      if (ready <= limit && ready < Infinity) return true;
    }
    return false;
  }

  /** After a `find` that found none: the group that time alone lets start first, and when. */
  next(ask: Ask, now: number, groups: readonly Group[] | undefined): First {
    const roster = groups === undefined ? this.#rosterOf(ask) : undefined;
    if (roster !== undefined) return roster.next(ask, now);
    let first: Group | undefined;
    let at = Infinity;
    for (const group of groups ?? this.groups()) {
      const starts = startsAt(group, ask, now);
      // One that is ready is kept from starting by what others claim, or by calls in flight.
      if (starts > now && starts < at) [first, at] = [group, starts];
    }
    return { group: first, at };
  }

  #rosterOf(ask: Ask): Roster | undefined {
    const groups = this.groups();
    if (groups.length <= (this.#sized ? this.#scannedAtMost.sized : this.#scannedAtMost.alike)) return undefined;
    // It would be let in nowhere, which the groups can say as well.
    if (ask.avoid.size > 0 && this.#ring.provider(this.#provider).refusesKeys) return undefined;
    return this.#rosters.of(`${this.sizeOf(ask)} ${ask.model}`, groups);
  }

  /** Among many groups: an affinity's neighbours on a circle of names, the best of them that can start. */
  #findHome(ask: Ask, now: number, claims: Claims | undefined): Choice | undefined {
    const { affinity } = ask;
    if (affinity === undefined) return undefined;
    this.#circle ??= new Circle(this.#groups);
    for (const group of this.#circle.neighbours(affinity)) {
      const key = canStart(group, ask, now, claims) ? freeKey(group, ask, now, this.#random) : undefined;
      if (key !== undefined) return { group, key, among: this.#groups.length };
    }
    return undefined;
  }
}

/** When an ask of a lane could start first, found by looking at each group. */
interface KnownFirst {
  readonly lane: string;
  readonly cost: Cost;
  readonly now: number;
  readonly changes: number;
  readonly first: First;
}

function sameCost(a: Cost, b: Cost): boolean {
  return a.input === b.input && a.output === b.output;
}

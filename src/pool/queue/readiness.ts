import type { Ask } from '../ask.ts';
import type { Hold } from '../keys/hold.ts';
import type { Group, KeyEntry } from '../keys/members.ts';
import type { Purse } from '../keys/purse.ts';

/** True when `key` may serve an ask, if not now then when time has passed. */
export function allows(ask: Ask, group: Group, key: KeyEntry, now: number): boolean {
  if (!isNamed(ask, group, key)) return false;
  // A call that was refused as such may be why the provider is held: it must not be what proves that it goes on.
  if (ask.avoid.size > 0 && group.provider.refusesKeys) return false;
  return !ask.avoid.has(key.credential) && key.mayServe(ask.model, now);
}

/** True when the call's own 'keys' and 'groups' leave the key in. A group goes by its former names too. */
export function isNamed(ask: Ask, group: Group, key: KeyEntry): boolean {
  if (ask.keys !== undefined && !ask.keys.includes(key.id)) return false;
  return ask.groups === undefined || ask.groups.some((name) => group.provider.group(name) === group);
}

/** True when nothing of the group as a whole keeps an ask from starting now. */
export function isOpen(group: Group, ask: Ask, now: number): boolean {
  if (group.nextStartAt > now || isFull(group)) return false;
  const { model } = ask;
  for (const holds of group.holders) if (holds.readyAt(model) > now || holds.probing(model, now)) return false;
  if (spentUntil(group.purses, ask, now) > now) return false;
  return group.quota(model, now).startsAt(ask.cost, now) <= now;
}

/** True when `key` may serve an ask now, as far as the key goes. */
export function isFree(key: KeyEntry, group: Group, ask: Ask, now: number): boolean {
  return allows(ask, group, key, now) && key.readyAt(ask.model) <= now && !isBusyKey(key, ask, now);
}

/**
 * The earliest instant at which time lets `group` serve: holds, buckets, spacing, expiry; `Infinity` when it never will.
 * What waits for other calls to end, not for time, counts as ready.
 */
export function readyAt(group: Group, ask: Ask, now: number): number {
  return firstKeyAt(group, ask, now, true);
}

/**
 * When time alone lets `group` start; `Infinity` while it waits for calls in flight alone, as these stir the pool when they end. What these may
 * spend of a budget is theirs until its period ends.
 */
export function startsAt(group: Group, ask: Ask, now: number): number {
  // A key that waits for its probe must not look ready while another one's hold is what time will end.
  return startsFrom(firstKeyAt(group, ask, now, false), group, ask, now);
}

/** `startsAt` and `readyAt` of a group, for about the price of one. */
export function waitsUntil(group: Group, ask: Ask, now: number): { readonly startsAt: number; readonly readyAt: number } {
  const groupAt = groupReadyAt(group, ask, now);
  const at = firstKeyAt(group, ask, now, false, groupAt);
  // No key is earlier than its group, also none that waits for its probe.
  return { startsAt: startsFrom(at, group, ask, now), readyAt: at === groupAt ? at : firstKeyAt(group, ask, now, true, groupAt) };
}

function startsFrom(at: number, group: Group, ask: Ask, now: number): number {
  if (at > now) return at;
  return Math.max(at, busyUntil(group, ask, now), group.quota(ask.model, now).startsAt(ask.cost, now));
}

/** The group that time lets serve first, and when; now while calls in flight are all that it waits for. */
export interface First {
  readonly group: Group | undefined;
  readonly at: number;
}

export function firstReady(groups: Iterable<Group>, ask: Ask, now: number): First {
  let first: Group | undefined;
  let at = Infinity;
  for (const group of groups) {
    const ready = readyAt(group, ask, now);
    if (ready < at || first === undefined) [first, at] = [group, ready];
  }
  return { group: first, at };
}

/** The same for the group as a whole, whatever its keys wait for. */
function groupReadyAt(group: Group, ask: Ask, now: number): number {
  return Math.max(now, heldUntil(group, ask.model), group.nextStartAt, group.quota(ask.model, now).fitsAt(ask.cost, now));
}

function firstKeyAt(group: Group, ask: Ask, now: number, withProbing: boolean, groupAt = groupReadyAt(group, ask, now)): number {
  const { keys } = group;
  const { length } = keys;
  if (length === 0) return Infinity;
  const { model } = ask;
  let first = Infinity;
  for (let index = 0; index < length; index += 1) {
    const key = keys[(group.foundAt + index) % length];
    if (key === undefined || !allows(ask, group, key, now)) continue;
    const at = Math.max(groupAt, key.readyAt(model), withProbing ? 0 : keyBusyUntil(key, ask, now));
    if (at >= (key.input.expiresAt ?? Infinity)) continue;
    // No other key can be earlier than its group: of ten thousand mostly the first one is looked at.
    if (at === groupAt) return at;
    first = Math.min(first, at);
  }
  return first;
}

/** Until when the group as a whole is held, by itself, its organisation or its provider. */
function heldUntil(group: Group, model: string): number {
  let until = 0;
  for (const holds of group.holders) until = Math.max(until, holds.readyAt(model));
  return until;
}

/** Until when the group waits for calls in flight: its concurrency, a probe, or what they may spend of a budget; 0 when it does not. */
function busyUntil(group: Group, ask: Ask, now: number): number {
  if (isFull(group) || group.holders.some((holds) => holds.probing(ask.model, now))) return Infinity;
  return spentUntil(group.purses, ask, now);
}

function isBusyKey(key: KeyEntry, ask: Ask, now: number): boolean {
  return keyBusyUntil(key, ask, now) > now;
}

/** Until when the key waits for calls in flight; 0 when it does not. */
function keyBusyUntil(key: KeyEntry, ask: Ask, now: number): number {
  return key.holds.probing(ask.model, now) ? Infinity : spentUntil(key.purses, ask, now);
}

/** Until when calls in flight may use up what is left: no later than a new period; 0 when they cannot. */
function spentUntil(purses: readonly Purse[], ask: Ask, now: number): number {
  let until = 0;
  for (const purse of purses) if (purse.isBusy(ask, now)) until = Math.max(until, purse.account.until(now));
  return until;
}

function isFull(group: Group): boolean {
  const { concurrency } = group.limits;
  return concurrency !== undefined && group.inFlight >= concurrency;
}

/** What keeps the group from serving now, in words for a report. */
export function binding(group: Group, ask: Ask, now: number): string {
  const held = holdOn(group, ask, now);
  if (held !== undefined) return `${held.scope} held for ${held.class}`;
  const quota = group.quota(ask.model, now);
  const meter = quota.meters.find((each) => quota.fitsInAt(each, ask.cost, now) > now);
  if (meter !== undefined) return `${meter.source} limit of ${meter.limit} ${meter.counts} per ${Math.round(meter.windowMs)} ms`;
  if (group.nextStartAt > now) return `minTimeMs of ${group.limits.minTimeMs ?? 0}`;
  if (group.limits.concurrency !== undefined && group.inFlight >= group.limits.concurrency)
    return `concurrency of ${group.limits.concurrency}`;
  if (quota.rampsAt() > now) return 'the first answers, as nothing is known of the limits';
  const spending = group.keys.flatMap(({ purses }) => purses).find((purse) => purse.isBusy(ask, now));
  if (spending !== undefined) return spending.account.why(now);
  return 'a probe under way';
}

/** The longest hold on the group; where none of its keys is free, theirs too. */
function holdOn(group: Group, ask: Ask, now: number): Hold | undefined {
  const holders = [...group.holders];
  if (!hasFreeKey(group, ask, now)) for (const key of group.keys) if (allows(ask, group, key, now)) holders.push(...key.holders);
  let longest: Hold | undefined;
  for (const holds of holders) {
    const hold = holds.current(now, ask.model);
    if (hold !== undefined && (longest === undefined || hold.until > longest.until)) longest = hold;
  }
  return longest;
}

/** True when one of its keys is free; looks at the one that was found last first. */
export function hasFreeKey(group: Group, ask: Ask, now: number): boolean {
  const { keys } = group;
  const { length } = keys;
  for (let index = 0; index < length; index += 1) {
    const at = (group.foundAt + index) % length;
    const key = keys[at];
    if (key === undefined || !isFree(key, group, ask, now)) continue;
    group.foundAt = at;
    return true;
  }
  return false;
}

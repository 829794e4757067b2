import type { Random } from '../../clock.ts';
import type { Events } from '../../events.ts';
import type { Verdict } from '../../failure.ts';
import { afterAnswer, blame, judge } from './alike.ts';
import type { Accounts } from './accounts.ts';
import type { Ask } from '../ask.ts';
import type { Hold } from './hold.ts';
import type { Holds } from './holds.ts';
import type { KeyEntry } from './members.ts';
import type { Answered, Quota } from '../quota/quota.ts';

/** An attempt that ended, as its key and quota see it. */
export interface Attempted {
  readonly ask: Ask;
  readonly key: KeyEntry;
  readonly quota: Quota;
  readonly attempt: Answered;
  readonly sentAt: number;
  readonly now: number;
}

/** Puts what an attempt's end says into the states of key, group, organisation and provider. */
export class Outcomes {
  readonly #events: Events;
  readonly #random: Random;
  readonly #accounts: Accounts;
  readonly #find: (id: string) => KeyEntry | undefined;

  constructor(events: Events, random: Random, accounts: Accounts, find: (id: string) => KeyEntry | undefined) {
    this.#accounts = accounts;
    this.#events = events;
    this.#random = random;
    this.#find = find;
  }

  served(attempted: Attempted): void {
    const { key, ask, sentAt } = attempted;
    const { provider } = key.group;
    provider.alike = afterAnswer(provider.alike);
    let recovered = false;
    for (const holds of key.holders) recovered = holds.serve(ask.model, sentAt) || recovered;
    if (recovered) this.#recovered(key);
  }

  failed(attempted: Attempted, verdict: Verdict): void {
    const { key } = attempted;
    const { quota, attempt, now } = attempted;
    const word = { refused: verdict.status === 429, inMs: finely(verdict, now) };
    for (const reading of verdict.readings ?? []) quota.hear(reading, attempt, now, word);
    // First, so that the hold is that of the group that the key is in by it.
    this.#accounts.learn(key, verdict, attempted.now);
    // A busy route is the breaker's and the retry's: no key is at fault.
    if (verdict.scope === 'route') return;
    switch (verdict.class) {
      case 'key_invalid':
      case 'key_forbidden':
        if (verdict.scope === 'provider') this.#blame(attempted, verdict);
        else this.#accuse(attempted, verdict);
        return;
      case 'rate_limited':
        // First, as the quota knows then when there is room again.
        if (verdict.scope !== 'provider') quota.refused(attempt, word, now);
        this.#hold(this.#holderOf(key, verdict), attempted, verdict);
        return;
      case 'quota_exhausted':
      case 'model_unavailable':
        this.#hold(this.#holderOf(key, verdict), attempted, verdict);
        return;
      default:
      // Sick providers, wrong requests and aborts say nothing about the key.
    }
  }

  /** A key that a person, its source or an acquittal made usable. */
  restore(key: KeyEntry): void {
    const was = key.status.status;
    key.status = { status: 'usable' };
    key.reason = undefined;
    if (was !== 'usable') this.#recovered(key);
  }

  #blame(attempted: Attempted, verdict: Verdict): void {
    const { provider } = attempted.key.group;
    const { state, believed } = blame(provider.alike, attempted.ask.callId, attempted.now);
    provider.alike = state;
    if (believed || provider.refusesKeys) this.#hold(provider.holds, attempted, verdict);
  }

  /** One call's word against a key is believed only so far: see `alike.ts`. */
  #accuse(attempted: Attempted, verdict: Verdict): void {
    const { key, ask, now } = attempted;
    const { provider } = key.group;
    if (provider.refusesKeys) {
      // A probe of a held provider failed again: that is the provider's, not this key's.
      this.#hold(provider.holds, attempted, ofProvider(provider.name, verdict));
      return;
    }
    const accused = new Set(provider.alike.refused.map((refused) => refused.key));
    const live = provider
      .keys()
      .filter((other) => other === key || other.mayServe(ask.model, now) || (other.status.status === 'invalid' && accused.has(other.id)))
      .map((other) => other.id);
    const { state, judgement } = judge(provider.alike, { key: key.id, call: ask.callId, now }, live);
    provider.alike = state;
    switch (judgement.decision) {
      case 'mark':
        this.#mark(attempted, verdict);
        return;
      case 'spare':
        return;
      case 'acquit':
        this.#acquit(judgement.keys);
        return;
      case 'provider':
        this.#acquit(judgement.keys);
        this.#hold(provider.holds, attempted, ofProvider(provider.name, verdict));
    }
  }

  #mark(attempted: Attempted, verdict: Verdict): void {
    const { key, now } = attempted;
    if (verdict.class !== 'key_invalid' || !verdict.definitive) {
      this.#hold(key.holds, attempted, verdict);
      return;
    }
    // What a person disabled stays so: acquitting the key later must not enable it. What is invalid already is no news.
    if (key.status.status !== 'usable') return;
    key.status = { status: 'invalid', since: now };
    this.#explain(key, verdict, now);
    this.#events.emit('key-invalidated', { provider: key.group.provider.name, key: key.id, group: key.group.id, why: verdict.why });
  }

  #acquit(ids: readonly string[]): void {
    for (const id of ids) {
      const key = this.#find(id);
      if (key === undefined) continue;
      key.holds.acquit();
      if (key.status.status === 'invalid') this.restore(key);
    }
  }

  #holderOf(key: KeyEntry, verdict: Verdict): Holds {
    switch (verdict.scope) {
      case 'key':
        return key.holds;
      case 'org':
        // Nobody named the organisation: the group is all that is known of it.
        return key.group.organization?.holds ?? key.group.holds;
      case 'provider':
        return key.group.provider.holds;
      default:
        return key.group.holds;
    }
  }

  /** Returns true when the refusal began or changed a hold. */
  #hold(holds: Holds, attempted: Attempted, verdict: Verdict): boolean {
    const { ask, quota, sentAt, now, key } = attempted;
    const bucketAt = quota.fitsAt(ask.cost, now);
    const refusal = {
      verdict,
      scope: verdict.scope,
      model: verdict.perModel ? ask.model : undefined,
      sentAt,
      now,
      bucketAt: bucketAt > now && bucketAt < Infinity ? bucketAt : undefined,
    };
    const hold = holds.refuse(refusal, this.#random);
    if (hold === undefined) return false;
    if (holds === key.holds || verdict.scope !== 'provider') this.#explain(key, verdict, now);
    // An answer of the same burst may move the end of a hold; it began once.
    if (hold.since === now) this.announce(key, hold);
    return true;
  }

  #explain(key: KeyEntry, verdict: Verdict, now: number): void {
    key.reason = { class: verdict.class, status: verdict.status, message: verdict.why, at: now };
  }

  announce(key: KeyEntry, hold: Hold): void {
    if (!this.#events.hears('key-held')) return;
    this.#events.emit('key-held', {
      provider: key.group.provider.name,
      key: key.id,
      group: key.group.id,
      scope: hold.scope,
      ...(hold.model === undefined ? {} : { model: hold.model }),
      class: hold.class,
      until: hold.until,
      why: hold.why,
    });
  }

  #recovered(key: KeyEntry): void {
    this.#events.emit('key-recovered', { provider: key.group.provider.name, key: key.id, group: key.group.id });
  }
}

/** How long until the request would have been admitted, where that was said finely enough to tell a level by. */
function finely({ until }: Verdict, now: number): number | undefined {
  if (until === undefined || until.source === 'bucket' || until.source === 'rule') return undefined;
  const inMs = until.at - now;
  return inMs > 0 && inMs % 1000 !== 0 ? inMs : undefined;
}

function ofProvider(name: string, verdict: Verdict): Verdict {
  return { ...verdict, scope: 'provider', perModel: false, why: `All keys of '${name}' fail alike: ${verdict.why}` };
}

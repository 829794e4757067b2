import { uniteIntervals, SimulatedKey } from './keys.ts';
import { boundGroup, type BoundQuestion, type GroupBound, type Interval } from './bound.ts';
import { Quota } from './quota.ts';
import type { GroupSettings } from './settings.ts';

/** A group at work: its keys, what they have used together, and how many of their requests are being answered. */
export class Group {
  readonly settings: GroupSettings;
  readonly keys: readonly SimulatedKey[];
  readonly quota: Quota;
  /** Requests that were let in and are not at their end. */
  admitted = 0;

  constructor(settings: GroupSettings, startedAt: number) {
    this.settings = settings;
    this.keys = settings.keys.map((key) => new SimulatedKey(key, startedAt));
    this.quota = new Quota(settings.buckets, settings.refusedCount);
  }

  /** The most that this group could have given in a stretch of time. */
  bound(stretch: Interval, question: BoundQuestion): GroupBound {
    const { id, buckets, concurrency, latency } = this.settings;
    // Without a key of its own a group serves whoever comes.
    const usable = this.keys.length === 0 ? [stretch] : uniteIntervals(this.keys.flatMap((key) => key.usableIn(stretch)));
    return boundGroup({ id, buckets, concurrency, usable }, question, question.callMs ?? latency.meanMs);
  }
}

/** Who sent a request: a key of a group, or somebody without one where none is required. */
export interface Caller {
  readonly group: Group;
  readonly key: SimulatedKey | undefined;
}

import { SignalHub } from '../../src/abort.ts';
import type { Random } from '../../src/clock.ts';
import { Deadline } from '../../src/deadline.ts';
import { type ClientEvents, type EventName, Events } from '../../src/events.ts';
import type { BucketReading, FailureClass, Verdict } from '../../src/failure.ts';
import type { Ask } from '../../src/pool/ask.ts';
import type { Lease, LeaseEnd } from '../../src/pool/lease.ts';
import type { BucketSpec, GroupLimits } from '../../src/pool/quota/limits.ts';
import type { KeyEntry, KeyInput } from '../../src/pool/keys/members.ts';
import { Pool } from '../../src/pool/pool.ts';
import { type KeySnapshot, snapshotOf } from '../../src/pool/keys/snapshot.ts';
import { Secret } from '../../src/secret.ts';
import { createManualClock, type ManualClock } from '../../src/simulator/manual-clock.ts';

export const START = Date.UTC(2026, 0, 1);

/** Chance that repeats: mulberry32. */
export function seeded(seed = 1): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function bucket(spec: Partial<BucketSpec> & { readonly limit: number }): BucketSpec {
  return { counts: 'requests', windowMs: 60_000, burst: spec.limit, kind: 'refill', perModel: true, models: undefined, ...spec };
}

export function limits(...buckets: readonly BucketSpec[]): GroupLimits {
  return { concurrency: undefined, minTimeMs: undefined, buckets };
}

const noLimits = limits();

export function keyInput(id: string, more: Partial<KeyInput> = {}): KeyInput {
  return {
    id,
    secret: new Secret(`sk-secret-of-${id}-0123456789`),
    group: id,
    declared: more.group !== undefined,
    weight: 1,
    models: undefined,
    expiresAt: undefined,
    limits: noLimits,
    ...more,
  };
}

let calls = 0;

export function makeAsk(more: Partial<Ask> = {}): Ask {
  calls += 1;
  return {
    callId: `call-${calls}`,
    provider: 'openai',
    model: 'gpt',
    cost: { input: 10, output: 10 },
    groups: undefined,
    keys: undefined,
    avoid: new Set(),
    priority: 0,
    tenant: undefined,
    affinity: undefined,
    waitUntil: Infinity,
    ...more,
  };
}

export function verdict(failure: FailureClass, more: Partial<Verdict> = {}): Verdict {
  const key = failure === 'key_invalid' || failure === 'key_forbidden';
  const silent = failure === 'timeout' || failure === 'network';
  const status = silent ? {} : { status: key ? 401 : 429 };
  return {
    class: failure,
    scope: key ? 'key' : 'group',
    perModel: !key,
    definitive: false,
    why: `the test said ${failure}`,
    ...status,
    ...more,
  };
}

export const failed = (failure: FailureClass, more: Partial<Verdict> = {}): LeaseEnd => ({
  status: 'failed',
  verdict: verdict(failure, more),
  reached: true,
});
export const served = (used?: { readonly input: number; readonly output: number }): LeaseEnd => ({ status: 'served', used });
export const cancelled: LeaseEnd = { status: 'cancelled' };

export function reading(limit: number, remaining: number, resetMs?: number, more: Partial<BucketReading> = {}): BucketReading {
  return {
    counts: 'requests',
    slot: 'requests/60000',
    windowMs: 60_000,
    limit,
    remaining,
    ...(resetMs === undefined ? {} : { resetMs }),
    ...more,
  };
}

export interface Settled {
  readonly promise: Promise<Lease>;
  lease?: Lease;
  error?: unknown;
}

/** A pool on a manual clock, and short ways to use it. */
export class Rig {
  readonly clock: ManualClock;
  readonly events = new Events();
  readonly hub = new SignalHub();
  readonly pool: Pool;

  constructor(inputs: readonly (string | KeyInput)[], seed = 1) {
    this.clock = createManualClock();
    this.pool = new Pool(this.clock, seeded(seed), this.events, [0.9]);
    for (const input of inputs) this.pool.ring.add('openai', typeof input === 'string' ? keyInput(input) : input, START);
  }

  get now(): number {
    return this.clock.now();
  }

  deadline(signal?: AbortSignal, timeoutMs = Infinity): Deadline {
    return new Deadline(this.clock, this.hub, { signal, timeoutMs });
  }

  /** A lease that is there at once, sent. Throws when the call would wait. */
  take(more: Partial<Ask> = {}): Lease {
    const lease = this.pool.lease(makeAsk(more), this.deadline());
    if (lease instanceof Promise) throw new Error('Cannot lease at once as the call has to wait');
    lease.sent();
    return lease;
  }

  /** A call that waits: its lease, sent, or its error once it has one. Throws when it is served at once. */
  wait(more: Partial<Ask> = {}, deadline = this.deadline()): Settled {
    const promise = this.pool.lease(makeAsk(more), deadline);
    if (!(promise instanceof Promise)) throw new Error('Cannot wait as the call was served at once');
    const settled: Settled = { promise };
    promise.then(
      (lease) => {
        lease.sent();
        settled.lease = lease;
      },
      (error: unknown) => (settled.error = error),
    );
    return settled;
  }

  /** What `lease` throws. */
  refused(more: Partial<Ask> = {}, deadline = this.deadline()): unknown {
    try {
      void this.pool.lease(makeAsk(more), deadline);
    } catch (error) {
      return error;
    }
    throw new Error('Cannot be refused as the call was not');
  }

  /** Makes unknown quotas known to be wide, so that no group ramps. */
  widen(models: readonly string[] = ['gpt']): this {
    for (const key of this.pool.ring.all())
      for (const model of models) for (let count = 0; count < 12_000; count += 1) key.group.quota(model, this.now).answered();
    return this;
  }

  key(id: string): KeyEntry {
    const key = this.pool.ring.get(id);
    if (key === undefined) throw new Error(`Cannot find key '${id}'`);
    return key;
  }

  snapshot(id: string): KeySnapshot {
    return snapshotOf(this.key(id), this.now);
  }

  heard(name: EventName): ClientEvents[EventName][] {
    const payloads: ClientEvents[EventName][] = [];
    this.events.on(name, (payload) => void payloads.push(payload));
    return payloads;
  }

  /** What must be 0 when everything has ended. */
  get left(): { readonly waiting: number; readonly timers: number; readonly inFlight: number; readonly unheard: number } {
    const keys = this.pool.ring.all();
    const groups = [...new Set(keys.map((key) => key.group))];
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    return {
      waiting: this.pool.waiting,
      timers: this.clock.pending + this.clock.pendingBackground,
      inFlight: sum(keys.map((key) => key.inFlight)) + sum(groups.map((group) => group.inFlight)),
      unheard: sum(groups.map((group) => group.quota('gpt', this.now).unheard.size)),
    };
  }
}

export const NOTHING_LEFT = { waiting: 0, timers: 0, inFlight: 0, unheard: 0 };

/** Lets promises that are settled run their reactions. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/**
 * What a lease and its settlement cost with few keys and with many, and what a waiting call weighs.
 * `node --expose-gc --import tsx bench/pool/keys.ts`
 */
import { SignalHub } from '../../src/abort.ts';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { Deadline } from '../../src/deadline.ts';
import { Events } from '../../src/events.ts';
import type { Ask } from '../../src/pool/ask.ts';
import type { Lease } from '../../src/pool/lease.ts';
import { Pool } from '../../src/pool/pool.ts';
import type { GroupLimits } from '../../src/pool/quota/limits.ts';
import { Secret } from '../../src/secret.ts';

const hub = new SignalHub();
const avoid = new Set<string>();
const deadline = (signal?: AbortSignal): Deadline => new Deadline(systemClock, hub, { signal, timeoutMs: Infinity });

function ask(id: number): Ask {
  return {
    callId: `call-${id}`,
    provider: 'bench',
    model: 'model',
    cost: { input: 500, output: 500 },
    groups: undefined,
    keys: undefined,
    avoid,
    priority: 0,
    tenant: undefined,
    affinity: undefined,
    waitUntil: Infinity,
  };
}

const limits = (concurrency: number | undefined, rpm?: number): GroupLimits => ({
  concurrency,
  minTimeMs: undefined,
  buckets:
    rpm === undefined
      ? []
      : [{ counts: 'requests', limit: rpm, windowMs: 60_000, burst: rpm, kind: 'refill', perModel: true, models: undefined }],
});

function poolOf(groups: number, keys: number, of: GroupLimits): Pool {
  const pool = new Pool(systemClock, systemRandom, new Events());
  for (let group = 0; group < groups; group += 1) {
    for (let key = 0; key < keys; key += 1) {
      const id = `g${group}-k${key}`;
      const secret = new Secret(`sk-bench-${id}-0123456789`);
      pool.ring.add(
        'bench',
        { id, secret, group: `g${group}`, declared: true, weight: 1, models: undefined, expiresAt: undefined, limits: of },
        systemClock.now(),
      );
    }
  }
  return pool;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

const PAIRS = 10_000;

/** us for each lease and settlement while keys are free: 64 in flight. */
function idle(pool: Pool): number {
  const out: Lease[] = [];
  const startedAt = performance.now();
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const lease = pool.lease(ask(pair), deadline());
    if (lease instanceof Promise) throw new Error(`Cannot measure as the pool is full: current value is ${out.length} leases`);
    lease.sent();
    out.push(lease);
    if (out.length > 64) out.shift()?.settle({ status: 'served', used: { input: 400, output: 400 } });
  }
  for (const lease of out) lease.settle({ status: 'served' });
  return ((performance.now() - startedAt) * 1000) / PAIRS;
}

/** us for each settlement and the lease that it lets start, while every key is busy and calls wait. */
async function saturated(pool: Pool, capacity: number): Promise<number> {
  const out: Lease[] = [];
  for (let index = 0; index < capacity; index += 1) {
    const lease = pool.lease(ask(index), deadline());
    if (!(lease instanceof Promise)) out.push(lease);
  }
  const asked = out.length;
  let left = PAIRS;
  const startedAt = performance.now();
  const run = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const lease = await pool.lease(ask(left), deadline());
      out.push(lease);
    }
  };
  const callers = Array.from({ length: 200 }, run);
  while (pool.waiting > 0) {
    const lease = out.shift();
    if (lease === undefined) await new Promise((resolve) => void setImmediate(resolve));
    else {
      lease.settle({ status: 'served' });
      await Promise.resolve();
    }
  }
  await Promise.all(callers);
  const us = ((performance.now() - startedAt) * 1000) / PAIRS;
  for (const lease of out) lease.settle({ status: 'served' });
  return asked === 0 ? Number.NaN : us;
}

const collect = (): void => {
  if (globalThis.gc === undefined)
    throw new Error("Cannot measure the heap as the garbage collector is not exposed: run with '--expose-gc'");
  globalThis.gc();
};

/** Bytes of heap for each call that waits in the pool, its request and deadline not counted, and ms to abort them all. */
async function waiting(calls: number): Promise<{ readonly bytes: number; readonly withDeadline: number; readonly abortMs: number }> {
  const pool = poolOf(1, 1, limits(1));
  const first = await pool.lease(ask(0), deadline());
  const controller = new AbortController();
  const asks = Array.from({ length: calls }, (_, index) => ask(index));
  collect();
  const bare = process.memoryUsage().heapUsed;
  const deadlines = asks.map(() => deadline(controller.signal));
  collect();
  const before = process.memoryUsage().heapUsed;
  const promises: Promise<unknown>[] = [];
  asks.forEach((each, index) => {
    const own = deadlines[index];
    const lease = own === undefined ? undefined : pool.lease(each, own);
    if (lease instanceof Promise) promises.push(lease);
  });
  collect();
  const after = process.memoryUsage().heapUsed;
  const settled = Promise.allSettled(promises);
  const startedAt = performance.now();
  controller.abort();
  await settled;
  const abortMs = performance.now() - startedAt;
  first.settle({ status: 'served' });
  return { bytes: (after - before) / calls, withDeadline: (after - bare) / calls, abortMs };
}

const MANY = 10_000;
const shapes = [
  { name: '10 groups of 1 key', groups: 10, keys: 1 },
  { name: '64 groups of 1 key', groups: 64, keys: 1 },
  { name: `${MANY} groups of 1 key`, groups: MANY, keys: 1 },
  { name: `1 group of ${MANY} keys`, groups: 1, keys: MANY },
];
const rounds = Number(process.argv[2] ?? 3);

const table: Record<string, Record<string, number | string>> = {};
const cases = [
  { name: 'idle, concurrency', of: () => limits(100_000), run: (pool: Pool) => Promise.resolve(idle(pool)) },
  { name: 'idle, rpm', of: () => ({ ...limits(100_000, 1e9) }), run: (pool: Pool) => Promise.resolve(idle(pool)) },
  {
    name: 'saturated, concurrency',
    of: (groups: number) => limits(Math.max(1, Math.ceil(100 / groups))),
    run: (pool: Pool, capacity: number) => saturated(pool, capacity),
  },
];
for (const { name, of, run } of cases) {
  const pools = shapes.map(({ groups, keys }) => poolOf(groups, keys, of(groups)));
  const capacities = shapes.map(({ groups }) => groups * (of(groups).concurrency ?? 1));
  const times = shapes.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, pool] of pools.entries()) {
      const us = await run(pool, capacities[index] ?? 1);
      if (round > 0) times[index]?.push(us);
    }
  }
  const base = median(times[0] ?? []);
  table[name] = Object.fromEntries(
    shapes.map((shape, index) => [
      shape.name,
      `${median(times[index] ?? []).toFixed(2)} us (${(median(times[index] ?? []) / base).toFixed(2)})`,
    ]),
  );
}
console.table(table);
for (const calls of [10_000, 100_000]) {
  const { bytes, withDeadline, abortMs } = await waiting(calls);
  console.log(
    `${calls} waiting: ${Math.round(bytes)} B of heap each in the pool (${Math.round(withDeadline)} B with the deadline), aborted by one signal in ${Math.round(abortMs)} ms`,
  );
}

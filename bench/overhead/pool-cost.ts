/**
 * What the pool alone takes to lease a key and settle it, by how many keys it has: its internals, compiled as the package is, without a
 * call around them.
 */
import { SignalHub } from '../../src/abort.ts';
import { KeySources } from '../../src/client/sources.ts';
import { Deadline } from '../../src/deadline.ts';
import { Events } from '../../src/events.ts';
import { resolveOptions } from '../../src/options/resolve.ts';
import type { Ask } from '../../src/pool/ask.ts';
import type { Lease } from '../../src/pool/lease.ts';
import { Pool } from '../../src/pool/pool.ts';
import { toSpread, type Spread } from './statistics.ts';
import type { TaskInput } from './tasks.ts';

const SIZES = [10, 1_000, 10_000] as const;
/** Leases that are out at any time. */
const IN_FLIGHT = 8;
/** Pairs of lease and settle in a turn. */
const PAIRS = 200;

export interface PoolCost {
  readonly keys: number;
  /** µs for a lease and its settlement. */
  readonly us: Spread;
  /** Of ten keys in the same round. */
  readonly times: Spread;
}

/** `count` is the number of rounds. */
export async function measurePool({ count }: TaskInput): Promise<readonly PoolCost[]> {
  const turns = await Promise.all(SIZES.map((keys) => openPool(keys)));
  const rounds: number[][] = [];
  for (let round = -Math.min(3, count); round < count; round += 1) {
    const times = turns.map((turn) => turn());
    if (round >= 0) rounds.push(times);
  }
  return SIZES.map((keys, index) => ({
    keys,
    us: toSpread(rounds.map((times) => times[index] ?? Number.NaN)),
    times: toSpread(rounds.map((times) => (times[index] ?? Number.NaN) / (times[0] ?? Number.NaN))),
  }));
}

async function openPool(keys: number): Promise<() => number> {
  const secrets = [...Array(keys).keys()].map((index) => `sk-bench-${index}`);
  const { clock, random, providers } = resolveOptions({ providers: { openai: { keys: secrets } }, env: {} });
  const events = new Events();
  const pool = new Pool(clock, random, events);
  const sources = new KeySources(providers, pool, clock, events);
  await sources.ready();
  const deadline = new Deadline(clock, new SignalHub(), { signal: undefined, timeoutMs: Infinity });
  const ask: Ask = {
    callId: 'call-1',
    provider: 'openai',
    model: 'gpt-5-mini',
    cost: { input: 500, output: 300 },
    groups: undefined,
    keys: undefined,
    avoid: new Set(),
    priority: 0,
    tenant: undefined,
    affinity: undefined,
    waitUntil: Infinity,
  };
  return () => {
    const out: Lease[] = [];
    const startedAt = performance.now();
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const lease = pool.lease(ask, deadline);
      if (lease instanceof Promise) throw new Error('Cannot measure the pool as a lease has to wait');
      lease.sent();
      out.push(lease);
      if (out.length === IN_FLIGHT) out.shift()?.settle({ status: 'served', used: { input: 420, output: 380 } });
    }
    for (const lease of out) lease.settle({ status: 'served', used: { input: 420, output: 380 } });
    return ((performance.now() - startedAt) * 1_000) / PAIRS;
  };
}

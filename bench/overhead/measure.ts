/** Everything that is measured, one thing after the other, so that nothing disturbs another. */
import { measureLoads, type Load } from './loads.ts';
import type { Plan } from './plan.ts';
import type { PoolCost } from './pool-cost.ts';
import { runTask, startProvider, startWorker, type Worker } from './processes.ts';
import { runRounds, type Measured } from './rounds.ts';
import { measureSizes, type Size } from './sizes.ts';
import type { Surroundings } from './sut.ts';
import { SUTS, type SutName } from './suts.ts';

/** Calls at once, as the bars say. */
const IN_FLIGHT = 64;

const CALLS: readonly SutName[] = [
  'bare',
  'keywheel',
  'told',
  'keys1000',
  'keys10000',
  'limits',
  'concurrency',
  'cache',
  'openai',
  'ai',
  'langchain',
  'portkey',
];
const STREAMS: readonly SutName[] = ['bare', 'keywheel', 'openai', 'ai', 'langchain'];

export interface Waiting {
  /** Characters of a message. */
  readonly length: number;
  readonly bytes: number;
  readonly abortMs: number;
  readonly right: number;
}

export interface Results {
  readonly calls: readonly Measured[];
  readonly streams: readonly Measured[];
  readonly cacheHit: Measured | undefined;
  readonly waiting: readonly Waiting[];
  readonly order: { readonly inOrder: boolean; readonly usEach: number };
  readonly held: readonly { readonly name: SutName; readonly bytes: number }[];
  readonly pool: readonly PoolCost[];
  readonly loads: readonly Load[];
  readonly sizes: readonly Size[];
  /** Who could not be measured, and why. */
  readonly missing: readonly Missing[];
}

export interface Missing {
  readonly name: SutName;
  readonly why: string;
}

export interface Folders {
  readonly root: string;
  readonly bench: string;
  readonly dist: string;
}

export async function measure(plan: Plan, { root, bench, dist }: Folders, say: (text: string) => void): Promise<Results> {
  const provider = await startProvider();
  const place = { origin: provider.origin, dist };
  const missing: Missing[] = [];
  say('calls');
  const workers = await startWorkers(CALLS, { ...place, against: '' }, missing);
  const rounds = { rounds: plan.rounds, warmUps: plan.warmUps };
  const calls = await runRounds(workers, 'bare', { turn: { kind: 'calls', total: plan.calls, inFlight: IN_FLIGHT }, ...rounds });
  say('streams');
  const streamers = new Map([...workers].filter(([name]) => STREAMS.includes(name)));
  const streams = await runRounds(streamers, 'bare', { turn: { kind: 'streams', total: plan.streams, inFlight: 4 }, ...rounds });
  say('cache hits');
  const hitters = new Map([...workers].filter(([name]) => name === 'cache'));
  const [cacheHit] = await runRounds(hitters, 'cache', { turn: { kind: 'calls', total: plan.calls, inFlight: 1 }, ...rounds });
  for (const worker of workers.values()) worker.close();

  say('calls that wait');
  const waiting: Waiting[] = [];
  for (const length of [100, 1_950]) {
    waiting.push({ length, ...(await runTask('waiting', { ...place, count: plan.waitingCalls, detail: String(length) })) });
  }
  const order = await runTask('order', { ...place, count: plan.orderedCalls, detail: '' });
  say('open streams');
  const held: { readonly name: SutName; readonly bytes: number }[] = [];
  for (const name of streamers.keys())
    held.push({ name, ...(await runTask('streams', { ...place, count: plan.openStreams, detail: name })) });
  say('the pool alone');
  const pool = await runTask('pool', { ...place, count: plan.poolRounds, detail: '' });
  provider.close();
  say('imports and sizes');
  return {
    calls,
    streams,
    cacheHit,
    waiting,
    order,
    held,
    pool,
    loads: measureLoads(dist, plan.imports),
    sizes: measureSizes(root, bench),
    missing,
  };
}

/** A process for everybody. Who cannot start is left out and named; the yardstick and keywheel itself have to. */
async function startWorkers(
  names: readonly SutName[],
  surroundings: Surroundings,
  missing: Missing[],
): Promise<ReadonlyMap<SutName, Worker>> {
  const workers = new Map<SutName, Worker>();
  for (const name of names) {
    try {
      workers.set(name, await startWorker(name, surroundings));
    } catch (error) {
      if (!SUTS[name].peer) throw error;
      missing.push({ name, why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) });
    }
  }
  return workers;
}

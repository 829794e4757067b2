/** A process of one system under test: it works when the parent says so, and sleeps while it is another's turn. */
import { argv, cpuUsage } from 'node:process';
import { toFailed } from './messages.ts';
import type { Sut } from './sut.ts';
import { isSutName, SUTS } from './suts.ts';

/** What the parent asks for. */
export interface Turn {
  readonly kind: 'calls' | 'streams';
  /** How many in all: the same for everybody, however busy the machine is. */
  readonly total: number;
  readonly inFlight: number;
}

/** What came of it: calls or streams, or chunks where streams were asked for. */
export interface Work {
  readonly done: number;
  readonly ms: number;
  /** CPU of this process, and of those that it has others work in. */
  readonly cpuMs: number;
}

const [, , name = '', origin = '', dist = '', against = ''] = argv;
if (!isSutName(name)) throw new TypeError(`There is no system '${name}'`);

let sut: Sut;
try {
  sut = await SUTS[name].open({ origin, dist, against });
  process.send?.({ ready: true });
} catch (error) {
  process.send?.(toFailed(error));
}

process.on('message', (turn: Turn) => {
  run(turn).then(
    (work) => process.send?.(work),
    (error: unknown) => process.send?.(toFailed(error)),
  );
});
process.on('disconnect', () => process.exit(0));

async function run({ kind, total, inFlight }: Turn): Promise<Work> {
  const { call, stream } = sut;
  const once = kind === 'streams' ? stream : call && (async () => (await call(), 1));
  if (once === undefined) throw new TypeError(`'${name}' has no ${kind}`);
  let begun = 0;
  let done = 0;
  const elsewhere = (await sut.elsewhereMs?.()) ?? 0;
  const cpu = cpuUsage();
  const startedAt = performance.now();
  const caller = async (): Promise<void> => {
    while (begun < total) {
      begun += 1;
      const more = await once();
      done += more;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const ms = performance.now() - startedAt;
  const { user, system } = cpuUsage(cpu);
  return { done, ms, cpuMs: (user + system) / 1_000 + ((await sut.elsewhereMs?.()) ?? 0) - elsewhere };
}

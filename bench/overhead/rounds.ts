/** Rounds in which every system works once, in turn: neighbours in time are what is compared. */
import type { Worker } from './processes.ts';
import { toSpread, type Spread } from './statistics.ts';
import type { SutName } from './suts.ts';
import type { Turn, Work } from './worker.ts';

export interface Measured {
  readonly name: SutName;
  /** A second. */
  readonly rate: Spread;
  /** CPU of one, µs. */
  readonly cpuUs: Spread;
  /** Of the yardstick in the same round. */
  readonly rateShare: Spread;
  readonly cpuTimes: Spread;
}

export async function runRounds(
  workers: ReadonlyMap<SutName, Worker>,
  yardstick: SutName,
  { turn, rounds, warmUps }: { readonly turn: Turn; readonly rounds: number; readonly warmUps: number },
): Promise<readonly Measured[]> {
  const names = [...workers.keys()];
  const seen: (readonly (readonly [SutName, Work])[])[] = [];
  for (let round = -warmUps; round < rounds; round += 1) {
    const works: [SutName, Work][] = [];
    // Nobody always comes after the same neighbour.
    for (const name of turned(names, Math.max(0, round))) {
      const worker = workers.get(name);
      if (worker !== undefined) works.push([name, await worker.work(turn)]);
    }
    if (round >= 0) seen.push(works);
  }
  return names.map((name) =>
    toMeasured(
      name,
      yardstick,
      seen.map((works) => new Map(works)),
    ),
  );
}

const turned = <T>(values: readonly T[], by: number): readonly T[] => [
  ...values.slice(by % values.length),
  ...values.slice(0, by % values.length),
];

function toMeasured(name: SutName, yardstick: SutName, rounds: readonly ReadonlyMap<SutName, Work>[]): Measured {
  const pairs = rounds.flatMap((works) => {
    const [own, bare] = [works.get(name), works.get(yardstick)];
    return own === undefined || bare === undefined ? [] : [{ own, bare }];
  });
  return {
    name,
    rate: toSpread(pairs.map(({ own }) => rateOf(own))),
    cpuUs: toSpread(pairs.map(({ own }) => cpuOf(own) * 1_000)),
    rateShare: toSpread(pairs.map(({ own, bare }) => rateOf(own) / rateOf(bare))),
    cpuTimes: toSpread(pairs.map(({ own, bare }) => cpuOf(own) / cpuOf(bare))),
  };
}

const rateOf = ({ done, ms }: Work): number => (done / ms) * 1_000;
const cpuOf = ({ done, cpuMs }: Work): number => cpuMs / done;

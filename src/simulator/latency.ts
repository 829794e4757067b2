import type { Random } from '../clock.ts';
import type { Checker } from './check.ts';

/**
 * How long something takes, in milliseconds: always the same, uniform between two values, or log-normal (most answers
 * are quick, a few are very slow), given by its median and 95th percentile.
 */
export type Latency = number | { readonly min: number; readonly max: number } | { readonly median: number; readonly p95: number };

/** A checked latency. */
export interface LatencySource {
  /** The next duration in milliseconds. */
  readonly draw: (random: Random) => number;
  /** The mean of the distribution in milliseconds: what a bound on concurrent calls needs. */
  readonly meanMs: number;
}

/** The 95th percentile of the standard normal distribution. */
const P95_SIGMAS = 1.6448536269514722;

/** Checks a latency and turns it into something to draw from. */
export function readLatency(check: Checker, name: string, value: unknown): LatencySource {
  if (typeof value === 'number') {
    const ms = check.number(name, value, { from: 0 });
    return { draw: () => ms, meanMs: ms };
  }
  const shape = check.object(name, value, 'milliseconds, { min, max } or { median, p95 }');
  const inner = check.at(name);
  if ('median' in shape) {
    inner.known(shape, ['median', 'p95']);
    const median = inner.number('median', shape['median'], { above: 0 });
    return logNormal(median, inner.number('p95', shape['p95'], { from: median }));
  }
  inner.known(shape, ['min', 'max']);
  const min = inner.number('min', shape['min'], { from: 0 });
  const max = inner.number('max', shape['max'], { from: min });
  return { draw: (random) => min + random() * (max - min), meanMs: (min + max) / 2 };
}

function logNormal(median: number, p95: number): LatencySource {
  const sigma = Math.log(p95 / median) / P95_SIGMAS;
  return { draw: (random) => median * Math.exp(sigma * drawNormal(random)), meanMs: median * Math.exp(sigma ** 2 / 2) };
}

/** Box-Muller. `1 - random()` as the logarithm of 0 is no number to wait for. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

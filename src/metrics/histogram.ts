import type { Labels, Sample } from './family.ts';

/** Upper bounds, ms: from what a cache needs to what a long reasoning takes. */
const BOUNDS_MS = [50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000] as const;
const BOUNDS = BOUNDS_MS.map((bound) => String(bound / 1000));

/** How long something took, counted by fixed bounds. */
export class Histogram {
  readonly #counts = new Float64Array(BOUNDS_MS.length);
  #count = 0;
  /** In ms, as a sum of fractions of a second drifts. */
  #sumMs = 0;

  observe(ms: number): void {
    this.#count += 1;
    this.#sumMs += ms;
    let at = 0;
    for (const bound of BOUNDS_MS) {
      if (ms <= bound) break;
      at += 1;
    }
    // What is longer than every bound is in the count alone.
    if (at < BOUNDS_MS.length) this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** In seconds. Each bucket has those below it too, as Prometheus wants it. */
  samples(name: string, labels: Labels): Sample[] {
    const metricName = `${name}_bucket`;
    let below = 0;
    const samples = BOUNDS.map((le, index) => {
      below += this.#counts[index] ?? 0;
      return { metricName, labels: { le, ...labels }, value: below };
    });
    return [
      ...samples,
      { metricName, labels: { le: '+Inf', ...labels }, value: this.#count },
      { metricName: `${name}_sum`, labels, value: this.#sumMs / 1000 },
      { metricName: `${name}_count`, labels, value: this.#count },
    ];
  }
}

import type { Clock } from '../../clock.ts';

/** How long routes took of late. */
interface Latency {
  /** `undefined` until one was seen. */
  ewmaMs: number | undefined;
  at: number;
  pending: number;
}

/** The memory of an answer fades to a third in so much time: a route that was slow is asked again, one call at a time. */
const FADES_MS = 60_000;
/** Routes beyond this are forgotten, the longest unasked first. */
const MOST_ROUTES = 1000;

/**
 * Peak-sensitive averages: a slower answer counts at once, faster ones by and by. What is not asked fades towards nothing, so that it is
 * asked again after a while.
 */
export class Latencies {
  readonly #clock: Clock;
  readonly #routes = new Map<string, Latency>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The expected wait of one more: 0 for who was never seen, but endless while a first call there is under way. */
  load(name: string): number {
    const known = this.#routes.get(name);
    if (known === undefined) return 0;
    if (known.ewmaMs === undefined) return known.pending === 0 ? 0 : Infinity;
    return known.ewmaMs * this.#faded(known) * (known.pending + 1);
  }

  began(name: string): void {
    const known = this.#routes.get(name) ?? { ewmaMs: undefined, at: this.#clock.now(), pending: 0 };
    known.pending += 1;
    this.#routes.delete(name);
    this.#routes.set(name, known);
    if (this.#routes.size <= MOST_ROUTES) return;
    const [oldest] = this.#routes.keys();
    if (oldest !== undefined) this.#routes.delete(oldest);
  }

  /** `tookMs` is `undefined` when the end tells nothing. */
  ended(name: string, tookMs: number | undefined): void {
    const known = this.#routes.get(name);
    if (known === undefined) return;
    known.pending = Math.max(0, known.pending - 1);
    if (tookMs === undefined) return;
    const faded = this.#faded(known);
    const ewmaMs = (known.ewmaMs ?? 0) * faded;
    known.ewmaMs = known.ewmaMs === undefined || tookMs > ewmaMs ? tookMs : ewmaMs + tookMs * (1 - faded);
    known.at = this.#clock.now();
  }

  get size(): number {
    return this.#routes.size;
  }

  #faded({ at }: Latency): number {
    return Math.exp(-(this.#clock.now() - at) / FADES_MS);
  }
}

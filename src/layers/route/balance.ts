import type { Call, Target } from '../../call.ts';
import type { Clock, Random } from '../../clock.ts';
import { KeysExhaustedError } from '../../errors.ts';
import { AttemptError } from '../../failure.ts';
import type { Size } from '../../pool/quota/estimates.ts';
import { Latencies } from './latencies.ts';

/** What is expected of a call at one target, in tokens. */
export interface Expected {
  expected(provider: string, model: string, size: Size): { readonly input: number; readonly output: number };
}

export interface BalancerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly estimates: Expected;
  readonly fallbackAfterMs: number;
}

/** A refused attempt is no fast answer: its route comes after the others until that has faded. */
const REFUSED_MS = 10_000;

/** Who is asked first, where an alias balances its targets. The rest of the walk is as ever: who cannot start soon, or refuses, is passed over. */
export class Balancer {
  readonly #options: BalancerOptions;
  readonly #latencies: Latencies;

  constructor(options: BalancerOptions) {
    this.#options = options;
    this.#latencies = new Latencies(options.clock);
  }

  /** `targets` in the order in which they are to be asked. */
  order(call: Call, targets: readonly Target[]): readonly Target[] {
    const by = targets[0]?.balanced?.by;
    if (by === undefined || by === 'order' || targets.length < 2) return targets;
    switch (by) {
      case 'cost':
        return ranked(targets, (target) => this.#priceOf(call, target));
      case 'latency':
        return ranked(targets, (target) => this.#latencies.load(nameOf(call, target)));
      case 'weight':
        return ranked(targets, (target) => drawn(target.balanced?.weight ?? 1, this.#options.random));
    }
  }

  /** `target` is asked now. Returns what to call when it has answered, or with what it failed. */
  asked(call: Call, target: Target): (error?: unknown) => void {
    if (target.balanced?.by !== 'latency') return nothing;
    const name = nameOf(call, target);
    const since = this.#options.clock.now();
    this.#latencies.began(name);
    return (error) => {
      const tookMs = this.#options.clock.now() - since;
      this.#latencies.ended(name, error === undefined ? tookMs : this.#lateness(error, tookMs));
    };
  }

  /** Routes whose latency is remembered. */
  get size(): number {
    return this.#latencies.size;
  }

  /** `undefined` for what tells nothing of the route: the caller left, or the request was wrong. */
  #lateness(error: unknown, tookMs: number): number | undefined {
    if (error instanceof AttemptError) return Math.max(tookMs, REFUSED_MS);
    return error instanceof KeysExhaustedError ? Math.max(tookMs, this.#options.fallbackAfterMs) : undefined;
  }

  #priceOf({ asked }: Call, { provider, model, balanced }: Target): number {
    if (balanced?.price === undefined || asked.operation === 'fetch') return Infinity;
    const { input, output } = this.#options.estimates.expected(provider.name, model, provider.protocol.estimate(asked));
    return input * balanced.price.input + output * balanced.price.output;
  }
}

/** Why a target was asked first, for the report; `undefined` where its alias does not balance. */
export function whyFirst(target: Target, among: number): string | undefined {
  const by = target.balanced?.by;
  if (by === undefined || by === 'order' || among < 2) return undefined;
  const reasons = { cost: 'the cheapest', latency: 'the fastest', weight: 'drawn by weight' } as const;
  return `${reasons[by]} of ${among} targets`;
}

/** The least first, equals in their own order. */
function ranked(targets: readonly Target[], rankOf: (target: Target) => number): readonly Target[] {
  const ranks = targets.map((target) => ({ target, rank: rankOf(target) }));
  // Infinity less itself is not a number.
  return ranks.toSorted((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank)).map(({ target }) => target);
}

/** The smallest of such draws falls to each in proportion to its weight, also among those that are left. */
function drawn(weight: number, random: Random): number {
  return -Math.log(1 - random()) / weight;
}

/** The first token of a stream comes earlier than a whole answer. */
function nameOf({ stream }: Call, { route }: Target): string {
  return stream ? `${route} stream` : route;
}

function nothing(): void {}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LearnedMeter, type Unheard } from '../../../src/pool/quota/meter.ts';
import { Quota } from '../../../src/pool/quota/quota.ts';
import { reading, START } from '../rig.ts';

const DAY = 86_400_000;
const cost = { input: 1, output: 0 };
const out = (sentAt: number | undefined): Unheard => ({ cost, sentAt });

function meter(limit: number, remaining: number, resetMs?: number): LearnedMeter {
  const made = new LearnedMeter('requests', 'gpt', { limit, remaining, resetMs }, 60_000, START);
  made.hear(reading(limit, remaining, resetMs), START, [], START);
  return made;
}

describe('what a learned bucket believes', () => {
  it('the first answer, less what was sent after it', () => {
    const made = new LearnedMeter('requests', 'gpt', { limit: 60, remaining: 50, resetMs: 10_000 }, 60_000, START);
    made.hear(reading(60, 50, 10_000), START, [out(START + 5), out(START + 6), out(undefined)], START + 20);
    expect(made.law.remaining(START + 20)).toBe(47);
  });

  it('a lower level at once', () => {
    const made = meter(60, 50, 10_000);
    made.hear(reading(60, 20, 40_000), START + 10, [], START + 10);
    expect(made.law.remaining(START + 10)).toBe(20);
  });

  it('a higher one only as far as nothing in flight explains it', () => {
    const made = meter(60, 20, 40_000);
    made.hear(reading(60, 30, 30_000), START + 10, [out(START + 1), out(START + 2)], START + 10);
    expect(made.law.remaining(START + 10)).toBe(28);
  });

  it('no answer to a request that was sent before the last believed one', () => {
    const made = meter(60, 20, 40_000);
    made.hear(reading(60, 59, 1000), START - 1, [], START + 10);
    made.hear(reading(60, 5, 55_000), START - 1, [], START + 10);
    expect(made.law.remaining(START)).toBe(20);
  });

  it('of two requests of one millisecond the lower, in whichever order they answer', () => {
    const made = meter(60, 20, 40_000);
    made.hear(reading(60, 18, 42_000), START + 10, [out(START + 10)], START + 10);
    made.hear(reading(60, 19, 41_000), START + 10, [], START + 10);
    expect(made.law.remaining(START + 10)).toBe(17);
  });

  it('a raised and a lowered limit', () => {
    const made = meter(60, 20, 40_000);
    made.hear(reading(600, 590, 1000), START + 1, [], START + 1);
    expect([made.limit, made.law.capacity, made.law.remaining(START + 1)]).toEqual([600, 600, 590]);
    made.hear(reading(6, 6, 0), START + 2, [], START + 2);
    expect([made.limit, made.law.remaining(START + 2)]).toEqual([6, 6]);
  });

  it('a limit without what remains changes the limit alone', () => {
    const made = meter(60, 20, 40_000);
    made.hear({ counts: 'requests', slot: 's', windowMs: 60_000, limit: 120 }, START, [], START);
    expect([made.limit, made.law.remaining(START)]).toEqual([120, 20]);
  });

  it('never a limit of nothing, as it could not be unlearned', () => {
    const made = meter(60, 20, 40_000);
    made.hear(reading(0, 0, 1000), START, [], START);
    expect(made.limit).toBe(60);
    expect(made.law.fitsAt(1, START)).toBe(START);
  });

  it("in a fixed window the server's end, and no more than nothing in flight explains", () => {
    const made = meter(100, 90, 20_000);
    made.hear(reading(100, 85, 18_000), START + 2000, [], START + 2000);
    made.hear(reading(100, 80, 10_000), START + 10_000, [], START + 10_000);
    expect(made.law.kind).toBe('fixed');
    expect(made.law.resetAt(START + 10_000)).toBe(START + 20_000);
    made.law.take(10, START + 11_000);
    made.hear(reading(100, 79, 8500), START + 11_500, [out(START + 11_000), out(START + 11_000)], START + 11_500);
    expect(made.law.remaining(START + 11_500)).toBe(77);
    expect(made.law.remaining(START + 20_000)).toBe(100);
  });
});

/** A server that counts in the order in which requests are sent, and answers in any order. No time passes, so nothing refills. */
type Move =
  | { readonly do: 'send'; readonly unsent: boolean }
  | { readonly do: 'answer' | 'lose'; readonly which: number }
  | { readonly do: 'elsewhere' };

const moves = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), unsent: fc.constant(false) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), which: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.constant({ do: 'elsewhere' as const }) },
  ),
  { maxLength: 80 },
);

interface Sent extends Unheard {
  readonly sentAt: number;
  readonly said: number;
}

/** Client and server side by side; `lead` requests share a millisecond. */
class Duel {
  readonly quota = new Quota('gpt', [], false);
  left = 1000;
  #flying: Sent[] = [];
  #count = 0;
  readonly #perMs: number;

  constructor(perMs: number) {
    this.#perMs = perMs;
  }

  run(move: Move): void {
    if (move.do === 'elsewhere') this.left -= 3;
    else if (move.do === 'send') this.#send();
    else this.#end(move.do, move.which);
  }

  get believed(): number {
    return this.quota.meters[0]?.law.remaining(START) ?? -Infinity;
  }

  #send(): void {
    this.#count += 1;
    this.left -= 1;
    const sent = { cost, sentAt: START + Math.floor(this.#count / this.#perMs), said: this.left };
    this.#flying.push(sent);
    this.quota.unheard.add(sent);
    for (const { law } of this.quota.meters) law.take(1, START);
  }

  #end(how: 'answer' | 'lose', which: number): void {
    const [sent] = this.#flying.splice(which % Math.max(1, this.#flying.length), 1);
    if (sent === undefined) return;
    this.quota.unheard.delete(sent);
    if (how === 'lose') return this.quota.lose(sent);
    this.quota.hear(reading(1000, sent.said, 0, { windowMs: DAY * 365 }), sent.sentAt, START);
    this.quota.found(sent.sentAt);
  }
}

describe('the learned level never exceeds what the server has', () => {
  // What is spent elsewhere is unknown until an answer tells, so the servers of these two have no other client.
  const own = moves.map((run) => run.filter((move) => move.do !== 'elsewhere'));

  it.each([
    ['each request in a millisecond of its own', 1],
    ['five requests in one millisecond', 5],
  ])('%s', (_name, perMs) => {
    fc.assert(
      fc.property(own, (run) => {
        const duel = new Duel(perMs);
        for (const move of run) {
          duel.run(move);
          expect(duel.believed).toBeLessThanOrEqual(duel.left);
        }
      }),
    );
  });

  it('with another client beside it: once the last request is answered', () => {
    fc.assert(
      fc.property(moves, (run) => {
        const duel = new Duel(1);
        for (const move of [...run, { do: 'send', unsent: false } as const]) duel.run(move);
        // The newest in flight answers last of all.
        for (let count = 0; count < 100; count += 1) duel.run({ do: 'answer', which: 0 });
        expect(duel.believed).toBeLessThanOrEqual(duel.left);
      }),
    );
  });
});

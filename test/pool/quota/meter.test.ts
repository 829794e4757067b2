import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mark } from '../../../src/pool/quota/alignment.ts';
import type { Meter, Taken, Unheard } from '../../../src/pool/quota/meter.ts';
import { heirOf, take } from '../../../src/pool/quota/meter.ts';
import { type Answered, Quota } from '../../../src/pool/quota/quota.ts';
import { reading, START } from '../rig.ts';

const YEAR = 365 * 86_400_000;
const cost = { input: 1, output: 0 };

/** A request as a grant keeps it. */
class Sent implements Unheard, Answered {
  readonly cost = cost;
  readonly sentAt: number;
  readonly said: number;
  readonly #taken: Taken[];

  constructor(quota: Quota, sentAt: number, said: number) {
    this.sentAt = sentAt;
    this.said = said;
    this.#taken = quota.meters.map((meter) => take(meter, cost, sentAt));
    quota.begin(this, sentAt);
  }

  markOf(meter: Meter): Mark | undefined {
    return this.#taken.find((taken) => heirOf(taken.meter) === meter)?.mark;
  }

  adopt(taken: Taken): void {
    this.#taken.push(taken);
  }
}

/** Hears `remaining` at `atMs` for a request that was sent at `sentMs`. */
class Scene {
  readonly quota = new Quota('gpt', [], false);

  send(sentMs: number): Sent {
    return new Sent(this.quota, START + sentMs, 0);
  }

  hear(sent: Sent, limit: number, remaining: number, resetMs: number | undefined, atMs: number): void {
    this.quota.unheard.delete(sent);
    this.quota.hear(reading(limit, remaining, resetMs), sent, START + atMs);
  }

  level(atMs: number): number {
    return this.quota.meters[0]?.law.remaining(START + atMs) ?? Number.NaN;
  }
}

describe('what a learned bucket believes', () => {
  it('the first answer, less what was sent after its request, and what has come back since', () => {
    const scene = new Scene();
    const [first] = [scene.send(0), scene.send(0), scene.send(1000), scene.send(1000)];
    scene.hear(first, 60, 50, undefined, 2000);
    expect(scene.level(2000)).toBe(49);
  });

  it('a lower level at once', () => {
    const scene = new Scene();
    scene.hear(scene.send(0), 60, 50, undefined, 100);
    scene.hear(scene.send(200), 60, 20, undefined, 300);
    expect(scene.level(300)).toBeLessThanOrEqual(20.1);
  });

  it('a higher one as far as nothing that it sent can explain it', () => {
    const scene = new Scene();
    scene.hear(scene.send(0), 60, 20, undefined, 100);
    for (let ms = 200; ms < 4000; ms += 200) scene.hear(scene.send(ms), 60, 40, undefined, ms + 100);
    expect(scene.level(4000)).toBeGreaterThan(30);
    expect(scene.level(4000)).toBeLessThanOrEqual(41);
  });

  it('a raised and a lowered limit', () => {
    const scene = new Scene();
    scene.hear(scene.send(0), 60, 20, 40_000, 0);
    scene.hear(scene.send(1), 600, 590, 1000, 1);
    expect([scene.quota.meters[0]?.limit, Math.round(scene.level(1))]).toEqual([600, 589]);
    scene.hear(scene.send(2), 6, 5, 10_000, 2);
    expect(scene.quota.meters[0]?.limit).toBe(6);
    expect(Math.abs(scene.level(2) - 4)).toBeLessThanOrEqual(1);
  });

  it.each([
    ['a limit of nothing', 0, 0, 1000],
    ['a negative rest', 60, -5, 1000],
    ['more than the limit', 60, 1e12, 0],
    ['a reset in a thousand years', 60, 30, 3e13],
  ])('%s neither starves nor bursts it for good', (_name, limit, remaining, resetMs) => {
    const scene = new Scene();
    scene.hear(scene.send(0), 60, 50, 10_000, 100);
    scene.hear(scene.send(200), limit, remaining, resetMs, 300);
    for (let ms = 1000; ms < 60_000; ms += 1000) scene.hear(scene.send(ms), 60, 50, 10_000, ms + 100);
    expect(scene.level(60_000)).toBeGreaterThan(40);
    expect(scene.level(60_000)).toBeLessThanOrEqual(60);
  });
});

/** A server that counts in the order in which requests are sent, and answers in any order. No time passes, so nothing refills. */
const moves = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({ do: 'send' as const }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), which: fc.nat(30) }) },
  ),
  { maxLength: 80 },
);

describe('the learned level never exceeds what the server has', () => {
  it('read at admission, whatever the order of answers', () => {
    fc.assert(
      fc.property(moves, (run) => {
        const quota = new Quota('gpt', [], false);
        const flying: Sent[] = [];
        let left = 1000;
        for (const move of run) {
          if (move.do === 'send') flying.push(new Sent(quota, START, (left -= 1)));
          else {
            const [sent] = flying.splice(move.which % Math.max(1, flying.length), 1);
            if (sent === undefined) continue;
            quota.unheard.delete(sent);
            if (move.do === 'lose') quota.lose(sent);
            else quota.hear(reading(1000, sent.said, 0, { windowMs: YEAR }), sent, START);
          }
          const believed = quota.meters[0]?.law.remaining(START) ?? -Infinity;
          expect(believed).toBeLessThanOrEqual(left + 1e-6);
        }
      }),
    );
  });
});

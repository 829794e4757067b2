import type { Random } from '../../../src/clock.ts';
import type { Lease } from '../../../src/pool/lease.ts';
import type { ReadAt } from '../../../src/pool/keys/track.ts';
import { failed, makeAsk, reading, Rig, seeded, served } from '../rig.ts';

const LIMIT = 600;
const PER_MS = LIMIT / 60_000;
const BURST = 60;

interface Due {
  readonly at: number;
  readonly act: () => void;
}

/** A server with a bucket that refills for each account, and callers that send whatever the pool lets them. */
export class Shop {
  readonly rig: Rig;
  readonly keys: readonly string[];
  readonly #accountOf: Readonly<Record<string, string>>;
  readonly #readAt: ReadAt;
  readonly #random: Random;
  readonly #levels = new Map<string, { level: number; at: number }>();
  #due: Due[] = [];

  /** `accounts`: whose bucket each key draws on. */
  constructor(accounts: Readonly<Record<string, string>>, { seed, readAt }: { readonly seed: number; readonly readAt: ReadAt }) {
    this.keys = Object.keys(accounts);
    this.rig = new Rig(this.keys, seed);
    this.#accountOf = accounts;
    this.#readAt = readAt;
    this.#random = seeded(seed + 1000);
  }

  /** Calls come for so long, each at whatever key can start. */
  run(ms: number): void {
    const until = this.rig.now + ms;
    while (this.rig.now < until) {
      this.#call();
      this.#pass(1 + Math.floor(this.#random() * 20));
    }
  }

  /** What is under way ends. */
  end(): void {
    this.#pass(1000);
  }

  #call(): void {
    try {
      const lease = this.rig.pool.lease(makeAsk({ waitUntil: this.rig.now }), this.rig.deadline());
      if (lease instanceof Promise) throw new TypeError('Cannot send as the call has to wait');
      lease.sent();
      this.#later(8 + this.#random() * 4, () => this.#arrive(lease));
    } catch {
      // All are spent for now.
    }
  }

  #arrive(lease: Lease): void {
    const bucket = this.#bucketOf(lease);
    if (bucket.level < 1) {
      const told = [this.#read(lease)];
      this.#later(10, () => {
        lease.heard(told, {}, true);
        lease.settle(failed('rate_limited'));
      });
      return;
    }
    bucket.level -= 1;
    const atAdmission = this.#read(lease);
    this.#later(150 + this.#random() * 100, () => {
      const told = this.#readAt === 'admission' ? atAdmission : this.#read(lease);
      this.#later(8 + this.#random() * 4, () => {
        lease.heard([told], {});
        lease.settle(served());
      });
    });
  }

  #read(lease: Lease): ReturnType<typeof reading> {
    const { level } = this.#bucketOf(lease);
    return reading(LIMIT, Math.max(0, Math.floor(level)), (BURST - level) / PER_MS);
  }

  #bucketOf({ keyId }: Lease): { level: number; at: number } {
    const account = this.#accountOf[keyId] ?? keyId;
    const { now } = this.rig;
    const known = this.#levels.get(account) ?? { level: BURST, at: now };
    known.level = Math.min(BURST, known.level + (now - known.at) * PER_MS);
    known.at = now;
    this.#levels.set(account, known);
    return known;
  }

  #later(ms: number, act: () => void): void {
    this.#due.push({ at: this.rig.now + ms, act });
  }

  #pass(ms: number): void {
    const until = this.rig.now + ms;
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((due) => due !== next);
      this.rig.clock.advanceSync(Math.max(0, next.at - this.rig.now));
      next.act();
    }
    this.rig.clock.advanceSync(Math.max(0, until - this.rig.now));
  }
}

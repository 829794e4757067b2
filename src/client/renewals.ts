import type { Clock } from '../clock.ts';
import type { KeyEntry, KeyInput } from '../pool/keys/members.ts';

/** A load for refused keys begins no sooner than this after the last one ended, ms. */
const RENEW_AFTER_MS = 5_000;

/** What renewing needs of the source of the keys. */
export interface RenewalsOwner {
  readonly clock: Clock;
  /** The load under way. */
  loading(): Promise<unknown> | undefined;
  /** Asks the function. True when it answered; never rejects. */
  load(): Promise<boolean>;
  /** False for a key that was removed or has its follower in the pool. */
  isUnchanged(key: KeyEntry): boolean;
}

/** One load to come, for those who wait for it. */
interface Round {
  readonly over: Promise<void>;
  readonly end: () => void;
}

/** Refused keys of one source: each is asked for until a load that began after its refusal has succeeded, or it is replaced. */
export class Renewals {
  readonly #owner: RenewalsOwner;
  /** Each with the load that it waits for. */
  readonly #due = new Map<KeyEntry, Round>();
  /** The function was asked for these, and had nothing better. */
  readonly #renewed = new WeakSet<KeyInput>();
  #round = newRound();
  #running = false;
  #loadedAt = -Infinity;
  #stopWaiting: () => void = () => {};
  #closed = false;

  constructor(owner: RenewalsOwner) {
    this.#owner = owner;
  }

  /** Settles with the next load that can know of the refusal, whatever it brings; `undefined` for a key that was asked for. */
  renew(key: KeyEntry): Promise<void> | undefined {
    if (this.#closed || this.#renewed.has(key.input)) return undefined;
    const round = this.#due.get(key) ?? this.#round;
    this.#due.set(key, round);
    if (!this.#running) void this.#run();
    return round.over;
  }

  close(): void {
    this.#closed = true;
    this.#stopWaiting();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      // A load that began before a refusal may bring a fresh key, or the very same.
      await this.#owner.loading();
      for (const key of this.#due.keys()) if (!this.#owner.isUnchanged(key)) this.#due.delete(key);
      if (this.#closed || this.#due.size === 0) break;
      const waitMs = this.#loadedAt + RENEW_AFTER_MS - this.#owner.clock.now();
      if (waitMs > 0) await this.#pause(waitMs);
      else await this.#load();
    }
    this.#running = false;
    this.#takeRound().end();
  }

  async #load(): Promise<void> {
    // Keys that are refused from here on are of the next round.
    const keys = [...this.#due.keys()];
    const round = this.#takeRound();
    const answered = await this.#owner.load();
    this.#loadedAt = this.#owner.clock.now();
    for (const key of keys) {
      // One that failed says nothing of the key: it waits for the next.
      if (!answered) this.#due.set(key, this.#round);
      else if (this.#due.delete(key)) this.#renewed.add(key.input);
    }
    round.end();
  }

  #takeRound(): Round {
    const round = this.#round;
    this.#round = newRound();
    return round;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#owner.clock.after(ms, resolve, { background: true });
      this.#stopWaiting = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function newRound(): Round {
  let end = (): void => {};
  const over = new Promise<void>((resolve) => (end = resolve));
  return { over, end: () => end() };
}

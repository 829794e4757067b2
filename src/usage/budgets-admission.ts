import type { Call } from '../call.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Account, Waiter } from './budgets-account.ts';

/** One budget that a call draws on. */
export interface Claim {
  readonly account: Account;
  /** What the call is expected to spend of it. */
  readonly amount: () => number;
  /** What its attempts spent, from the `begun`th on. */
  readonly spent: (call: Call, begun: number) => number;
}

/** What a call reserved of the budgets of its tenant and tags. */
export class Admission {
  readonly #call: Call;
  readonly #clock: Clock;
  readonly #claims: readonly Claim[];
  /** Attempts that an earlier sending of the call made are paid. */
  readonly #begun: number;
  #reserved: readonly number[] = [];

  constructor(call: Call, claims: readonly Claim[], clock: Clock) {
    this.#call = call;
    this.#clock = clock;
    this.#claims = claims;
    this.#begun = call.trace.attempts.length;
  }

  /** Reserves at once where there is room and nobody waits, else waits for calls under way. Throws, or rejects with, `BudgetError`. */
  enter(): Admission | Promise<Admission> {
    const { settings, trace, startBy, deadline } = this.#call;
    deadline.throwIfEnded();
    const now = this.#clock.now();
    const blocking = this.#blocking(now);
    if (blocking?.reached(now) === true) throw blocking.refusal(now);
    const before = blocking ?? this.#claims.find(({ account }) => account.waiting > 0)?.account;
    if (before === undefined) {
      this.#reserve();
      return this;
    }
    const waitMs = Math.min(startBy - now, settings.maxWaitMs - trace.waitedMs);
    if (waitMs <= 0) throw before.refusal(now);
    return this.#wait(before, now, waitMs);
  }

  /** The call is over. What failed or was aborted counts nothing, but what answers on its way used does. */
  settle(answered: boolean): void {
    const now = this.#clock.now();
    for (const [index, { account, spent }] of this.#claims.entries()) {
      const amount = account.budget.counts === 'calls' ? Number(answered) : spent(this.#call, this.#begun);
      account.settle(this.#reserved[index] ?? 0, amount, now);
    }
  }

  /** The first budget without room: one that is reached before one that is in use. */
  #blocking(now: number): Account | undefined {
    let busy: Account | undefined;
    for (const { account, amount } of this.#claims) {
      const room = account.room(now, amount);
      if (room === 'reached') return account;
      if (room === 'busy') busy ??= account;
    }
    return busy;
  }

  #reserve(): void {
    this.#reserved = this.#claims.map(({ account, amount }) => {
      const needs = amount();
      account.reserve(needs);
      return needs;
    });
  }

  #wait(first: Account, since: number, waitMs: number): Promise<Admission> {
    const { deadline, trace } = this.#call;
    return new Promise((resolve, reject) => {
      let account = first;
      let isOver = false;
      let timer: Timer | undefined;
      let unlisten = (): void => {};
      const over = (): void => {
        isOver = true;
        unlisten();
        timer?.cancel();
        trace.waitedMs += this.#clock.now() - since;
        account.leave(look);
      };
      const refuse = (reason: unknown): void => {
        over();
        reject(reason);
      };
      const look: Waiter = () => {
        const now = this.#clock.now();
        const blocking = this.#blocking(now);
        if (blocking?.reached(now) === true) refuse(blocking.refusal(now));
        else if (blocking === account) return false;
        else if (blocking === undefined) {
          this.#reserve();
          over();
          resolve(this);
        } else {
          account.leave(look);
          account = blocking;
          account.wait(look);
        }
        return true;
      };
      unlisten = deadline.listen(refuse);
      if (isOver) return;
      if (waitMs < Infinity) timer = this.#clock.after(waitMs, () => refuse(account.refusal(this.#clock.now())));
      account.wait(look);
      // A new period may have begun since anybody looked.
      account.wake();
    });
  }
}

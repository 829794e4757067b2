import type { Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Account } from './budgets-account.ts';
import { Wait } from './budgets-wait.ts';

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
    const gate = { blocking: (at: number) => this.#blocking(at), reserve: () => this.#reserve() };
    return new Wait(this.#call, gate, this.#clock, before, waitMs).run().then(() => this);
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
}

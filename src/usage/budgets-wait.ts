import type { Call } from '../call.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Account, Waiter } from './budgets-account.ts';

/** What a call that waits asks of its budgets. */
export interface Gate {
  /** The first budget without room. */
  blocking(now: number): Account | undefined;
  reserve(): void;
}

/** A call that waits for calls under way to leave it some of a budget, or for the budget's next period. */
export class Wait {
  readonly #call: Call;
  readonly #gate: Gate;
  readonly #clock: Clock;
  readonly #since: number;
  /** Then it is refused, epoch ms. */
  readonly #until: number;
  #account: Account;
  #isOver = false;
  #timer: Timer | undefined;
  #unlisten = (): void => {};
  #resolve = (): void => {};
  #reject: (reason: unknown) => void = () => {};

  constructor(call: Call, gate: Gate, clock: Clock, account: Account, waitMs: number) {
    this.#call = call;
    this.#gate = gate;
    this.#clock = clock;
    this.#account = account;
    this.#since = clock.now();
    this.#until = this.#since + waitMs;
  }

  /** Resolves with all reserved. Rejects with `BudgetError`, or the call's own reason. */
  run(): Promise<void> {
    const waited = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#unlisten = this.#call.deadline.listen((reason) => this.#refuse(reason));
    if (this.#isOver) return waited;
    this.#queue(this.#account);
    // A new period may have begun since anybody looked.
    this.#account.wake();
    return waited;
  }

  #queue(account: Account): void {
    this.#account = account;
    this.#arm();
    account.wait(this.#look);
  }

  /** Nobody ends when a new period begins: time has to wake it then. */
  #arm(): void {
    this.#timer?.cancel();
    const now = this.#clock.now();
    const anewAt = this.#account.until(now);
    this.#timer =
      anewAt < this.#until
        ? this.#clock.after(anewAt - now, () => this.#anew())
        : this.#clock.after(this.#until - now, () => this.#refuse(this.#account.refusal(this.#clock.now())));
  }

  #anew(): void {
    this.#arm();
    this.#account.wake();
  }

  readonly #look: Waiter = () => {
    const now = this.#clock.now();
    const blocking = this.#gate.blocking(now);
    if (blocking === this.#account && !blocking.reached(now)) return false;
    if (blocking === undefined) {
      this.#gate.reserve();
      this.#over();
      this.#resolve();
    } else if (blocking.reached(now)) this.#refuse(blocking.refusal(now));
    else {
      this.#account.leave(this.#look);
      this.#queue(blocking);
    }
    return true;
  };

  #refuse(reason: unknown): void {
    this.#over();
    this.#reject(reason);
  }

  #over(): void {
    this.#isOver = true;
    this.#unlisten();
    this.#timer?.cancel();
    this.#call.trace.waitedMs += this.#clock.now() - this.#since;
    this.#account.leave(this.#look);
  }
}

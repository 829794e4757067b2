import type { Clock, Random } from '../clock.ts';
import { ClosedError } from '../errors.ts';
import type { Alert, Webhook } from '../options/alerts.ts';
import type { Wire } from '../wire/index.ts';
import { Ending } from './ending.ts';
import { pauseAfter } from './plan.ts';
import { post } from './post.ts';

/** Alerts that wait for their webhook; the oldest gives way. */
const MOST = 100;

export interface MailboxOptions {
  readonly to: Webhook;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each alert that is given up. */
  readonly onFailure: (alert: Alert, reason: string) => void;
}

/** Posts alerts to one webhook, one after the other. */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #waiting: Alert[] = [];
  #dropped = 0;
  #work: Promise<void> | undefined;
  readonly #closing = new Ending();

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  add(alert: Alert): void {
    if (this.#waiting.length >= MOST) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#waiting.push(alert);
    this.#work ??= this.#post();
  }

  /** Resolves when all is posted or given up. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Gives up what is left. */
  async close(): Promise<void> {
    this.#closing.end(new ClosedError('the client was closed'));
    await this.#work;
  }

  async #post(): Promise<void> {
    // Not in the turn of the call that caused it.
    await Promise.resolve();
    for (let alert = this.#waiting.shift(); alert !== undefined; alert = this.#waiting.shift()) {
      const reason = await this.#deliver(this.#withDropped(alert));
      if (reason !== undefined) this.#options.onFailure(alert, reason);
    }
    this.#work = undefined;
  }

  /** Why it was given up; `undefined` where it was taken. */
  async #deliver(alert: Alert): Promise<string | undefined> {
    const { wire, clock, random, to } = this.#options;
    const body = JSON.stringify(alert);
    for (let tries = 1; ; tries += 1) {
      const outcome = await post(wire, clock, to, body, this.#closing);
      if (outcome.kind === 'delivered') return undefined;
      const pauseMs = pauseAfter(outcome, tries, random);
      if (pauseMs === undefined || this.#closing.ended !== undefined) return outcome.reason;
      await this.#sleep(pauseMs);
      if (this.#closing.ended !== undefined) return outcome.reason;
    }
  }

  #withDropped(alert: Alert): Alert {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped === 0 ? alert : { ...alert, dropped };
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      let leave = (): void => {};
      const over = (): void => {
        timer.cancel();
        leave();
        resolve();
      };
      const timer = this.#options.clock.after(ms, over, { background: true });
      leave = this.#closing.listen(over);
    });
  }
}

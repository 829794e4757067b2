import type { Clock, Random } from '../clock.ts';
import { type ClientEvents, type Events, quietly } from '../events.ts';
import type { Alert, AlertName, AlertSettings } from '../options/alerts.ts';
import type { KnownSecrets, Wire } from '../wire/index.ts';
import { toAlert } from './compose.ts';
import { Mailbox } from './mailbox.ts';
import { identify, Recent } from './recent.ts';

/** How long `close()` lets alerts be posted, ms. */
const CLOSE_MS = 2_000;

export interface AlertTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly wire: Wire;
  readonly secrets: Pick<KnownSecrets, 'in'>;
}

/** Tells webhooks and functions what should not wait. Never in the way of a call. */
export class Alerts {
  readonly #tools: AlertTools;
  readonly #mailboxes: Mailbox[] = [];
  readonly #unlisten: (() => void)[] = [];

  constructor(settings: readonly AlertSettings[], tools: AlertTools) {
    this.#tools = tools;
    for (const each of settings) this.#listen(each);
  }

  /** Lets what is being posted finish, for a short while. */
  async close(): Promise<void> {
    for (const unlisten of this.#unlisten) unlisten();
    const idle = Promise.all(this.#mailboxes.map((mailbox) => mailbox.idle()));
    let stop = (): void => {};
    const late = new Promise<void>((resolve) => {
      const timer = this.#tools.clock.after(CLOSE_MS, resolve);
      stop = () => timer.cancel();
    });
    await Promise.race([idle, late]);
    stop();
    await Promise.all(this.#mailboxes.map((mailbox) => mailbox.close()));
  }

  #listen({ on, to, everyMs }: AlertSettings): void {
    const { clock, events } = this.#tools;
    const recent = new Recent(everyMs);
    const send = this.#sender(to);
    const hear = (name: AlertName, payload: ClientEvents[AlertName]): void => {
      const now = clock.now();
      const suppressed = recent.admit(identify(name, payload), now);
      if (suppressed !== undefined) send(this.#scrub(toAlert(name, payload, now, suppressed)));
    };
    for (const name of on) this.#unlisten.push(events.on(name, (payload) => hear(name, payload)));
  }

  #sender(to: AlertSettings['to']): (alert: Alert) => void {
    if (to.kind === 'function') return (alert) => quietly(() => to.tell(alert));
    const { clock, random, events, wire } = this.#tools;
    const mailbox = new Mailbox({
      to,
      wire,
      clock,
      random,
      // No alert tells of it: whoever cannot be told is not told that they cannot.
      onFailure: ({ alert }, reason) => events.emit('alert-failed', { alert, to: to.host, reason }),
    });
    this.#mailboxes.push(mailbox);
    return (alert) => mailbox.add(alert);
  }

  /** A key that somebody used as a name, a model's for one. */
  #scrub(alert: Alert): Alert {
    const scrubber = this.#tools.secrets.in(JSON.stringify(alert));
    // The same fields, without secrets in them.
    return scrubber === undefined ? alert : (scrubber.value(alert) as Alert);
  }
}

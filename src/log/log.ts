import type { Answer, Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { LogLine, LogSettings } from '../options/log.ts';
import { toPrintable } from '../printable.ts';
import type { AttemptReport } from '../report.ts';
import type { Ended, Watcher } from '../watcher.ts';
import { DEBUG, type Draft, draftAttempt, draftCall, ERROR, levelOf, WARN } from './draft.ts';
import { toLine } from './format.ts';
import { type Outlet, toOutlet } from './outlet.ts';
import { loadRedact, type Redact } from './redact.ts';

/** Finds the client's secrets in a text, and hides them in a value. */
export interface Secrets {
  in(text: string): { value(value: unknown): unknown } | undefined;
}

export interface LogTools {
  readonly clock: Clock;
  readonly events: Events;
  readonly secrets: Secrets;
}

/** Lines that came before what redacts them was loaded; it takes a turn or two of the loop. */
const MOST_EARLY = 1000;

/** Writes a line of JSON for each call. */
export class Log implements Watcher {
  readonly #settings: LogSettings;
  readonly #tools: LogTools;
  readonly #outlet: Outlet;
  #redact: Redact | undefined;
  #early: { readonly draft: Draft; readonly time: number }[] = [];
  readonly #loading: Promise<void> | undefined;

  constructor(settings: LogSettings, tools: LogTools) {
    this.#settings = settings;
    this.#tools = tools;
    const onFailure = (error: unknown): void => this.#tellFailure(error);
    this.#outlet = toOutlet(settings.to, { clock: tools.clock, onFailure });
    if (settings.redact.length === 0) this.#redact = (facts) => facts;
    else this.#loading = loadRedact(settings.redact).then((redact) => this.#begin(redact), onFailure);
  }

  attempted(call: Call, attempt: AttemptReport): void {
    const { attempts, level } = this.#settings;
    if (!attempts || level > (attempt.class === 'ok' ? DEBUG : WARN)) return;
    this.#draft(call, () => draftAttempt(call, attempt));
  }

  ended(call: Call, as: Ended, answer: Answer | undefined, error: unknown): void {
    const { level, content } = this.#settings;
    if (level > levelOf(call, as, error)) return;
    this.#draft(call, (now) => draftCall(call, as, answer, error, { now, content }));
  }

  /** Writes what is left, for a short time. */
  async close(): Promise<void> {
    await this.#loading;
    await this.#outlet.close();
  }

  #draft(call: Call, make: (now: number) => Draft): void {
    const now = this.#tools.clock.now();
    try {
      this.#add(make(now), now);
    } catch {
      // Whatever a caller's object does when it is read, the call is told of.
      this.#add({ level: ERROR, msg: 'the line of a call could not be made', facts: { callId: call.id } }, now);
    }
  }

  #add(draft: Draft, time: number): void {
    if (this.#redact !== undefined) this.#write(draft, time, this.#redact);
    // Never without: what cannot be redacted is not written.
    else if (this.#early.length < MOST_EARLY) this.#early.push({ draft, time });
  }

  #begin(redact: Redact): void {
    this.#redact = redact;
    for (const { draft, time } of this.#early) this.#write(draft, time, redact);
    this.#early = [];
  }

  #write({ level, msg, facts }: Draft, time: number, redact: Redact): void {
    const line: LogLine = { level, time, ...redact(facts), msg };
    const text = toLine(line);
    const scrubber = this.#tools.secrets.in(text);
    if (scrubber === undefined) return this.#outlet.write(line, text);
    // The same fields, without secrets in them.
    const scrubbed = scrubber.value(line) as LogLine;
    this.#outlet.write(scrubbed, toLine(scrubbed));
  }

  #tellFailure(error: unknown): void {
    this.#tools.events.emit('log-failed', { reason: toPrintable(error instanceof Error ? error.message : String(error), 200) });
  }
}

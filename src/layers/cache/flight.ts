import type { SignalHub } from '../../abort.ts';
import type { Answer, Call, CallSettings, PartsAnswer, Send } from '../../call.ts';
import { Collector } from '../../chat/collect.ts';
import type { ChatCompletion, Embeddings } from '../../chat/reply.ts';
import type { Clock } from '../../clock.ts';
import { Deadline } from '../../deadline.ts';
import { Channel } from './channel.ts';
import type { ContentText, Source } from './entry.ts';
import { PartsReader, toInterrupted } from './reader.ts';
import { toAnswer, toWholeAnswer } from './replay.ts';
import { isStorable } from './storable.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface FlightEvents {
  /** An answer worth storing; called before anybody gets it. */
  readonly landed: (flight: Flight, content: ContentText) => void;
  /** Nobody may join any more. */
  readonly closed: (flight: Flight) => void;
}

export interface FlightOptions {
  /** The first passenger: the flight takes its call, and its report shows the attempts. */
  readonly leader: Call;
  readonly startBy: number;
  readonly clock: Clock;
  readonly hub: SignalHub;
  /** Characters of JSON that a stream may keep for late comers and for the recording. */
  readonly bound: number;
  readonly events: FlightEvents;
}

/** What came back: `toWhole` gives each passenger an answer of its own. */
type Landing =
  | { readonly kind: 'whole'; readonly toWhole: (call: Call) => ChatCompletion | Embeddings }
  | { readonly kind: 'parts'; readonly channel: Channel };

/**
 * One request for many equal calls. It belongs to none of them: it has a controller of its own, the latest deadline, the highest
 * priority and the greatest patience of its passengers, and ends when the last one leaves.
 */
export class Flight {
  readonly leader: Call;
  /** The first attempt must start by then, or the flight is refused: its leader has something else to offer. */
  readonly startBy: number;
  readonly #options: FlightOptions;
  readonly #deadline: Deadline;
  /** Shared with the layers below, which see it change while the call waits. */
  readonly #settings: Mutable<CallSettings>;
  #aboard = 0;
  #ended = false;
  /** What happens from then on is no event of the leader's call. */
  #leaderLeft = false;
  #ttlMs = 0;
  #channel: Channel | undefined;
  #landing: Promise<Landing> | undefined;

  constructor(options: FlightOptions) {
    const { leader, clock, hub } = options;
    this.leader = leader;
    this.startBy = options.startBy;
    this.#options = options;
    this.#deadline = new Deadline(clock, hub, { timeoutMs: leader.deadline.at - clock.now() });
    this.#settings = { ...leader.settings };
  }

  /** How long its answer is fresh: as long as any passenger wants it. */
  get ttlMs(): number {
    return this.#ttlMs;
  }

  /** Who answers, as far as is known. */
  get source(): Source {
    const { trace, targets } = this.leader;
    const last = trace.attempts.at(-1);
    return { provider: last?.provider ?? targets[0]?.provider.name ?? '', model: last?.model ?? targets[0]?.model ?? '' };
  }

  start(next: Send): void {
    this.#landing = this.#fly(next);
    // Passengers who have left do not hear how it ends.
    this.#landing.catch(() => {});
  }

  /** Takes a call along: the answer as it asked for it, or how the flight or the call itself ended. */
  async board(call: Call): Promise<Answer> {
    this.#welcome(call);
    const landing = await this.#land(call);
    if (landing.kind === 'whole') return toAnswer({ kind: 'whole', whole: landing.toWhole(call) }, call, this.#options.clock);
    const parts = this.#openReader(landing.channel, call);
    return call.stream ? parts.answer : collect(parts);
  }

  #welcome(call: Call): void {
    const settings = this.#settings;
    const { priority, maxWaitMs, attemptTimeoutMs, cache } = call.settings;
    this.#aboard++;
    this.#deadline.extend(call.deadline.at);
    settings.priority = Math.max(settings.priority, priority);
    settings.maxWaitMs = Math.max(settings.maxWaitMs, maxWaitMs);
    settings.attemptTimeoutMs = Math.max(settings.attemptTimeoutMs, attemptTimeoutMs);
    this.#ttlMs = Math.max(this.#ttlMs, cache.ttlMs);
  }

  /** Each passenger leaves once: before the landing, or with its reader. After a whole answer nobody is left to count. */
  #leave(call: Call, reason: unknown): void {
    this.#aboard--;
    if (this.#ended) return;
    if (call === this.leader) this.#leaderLeft = true;
    if (this.#aboard > 0) return;
    this.#leaderLeft = false;
    this.#close();
    this.#channel?.abort();
    this.#deadline.end(reason);
  }

  async #land(call: Call): Promise<Landing> {
    try {
      if (this.#landing === undefined) throw new Error('Cannot board a flight as it has not started');
      return await orEnded(call.deadline, this.#landing);
    } catch (error) {
      this.#leave(call, error);
      throw error;
    }
  }

  async #fly(next: Send): Promise<Landing> {
    const { leader, startBy } = this;
    const { onEvent } = leader;
    const tell: Call['onEvent'] = onEvent && ((event) => (this.#leaderLeft ? undefined : onEvent(event)));
    try {
      const answer = await next({ ...leader, settings: this.#settings, deadline: this.#deadline, startBy, onEvent: tell });
      return answer.kind === 'whole' ? this.#landWhole(answer.whole) : this.#landParts(answer);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #landWhole(whole: ChatCompletion | Embeddings): Landing {
    const storable = isStorable(whole);
    const text = storable || this.#aboard > 1 ? JSON.stringify(whole) : undefined;
    if (storable && text !== undefined && !this.#ended) this.#options.events.landed(this, { kind: 'whole', text });
    this.#end();
    // Written by this program from the answer.
    const toWhole = (call: Call) =>
      call === this.leader || text === undefined ? whole : (JSON.parse(text) as ChatCompletion | Embeddings);
    return { kind: 'whole', toWhole };
  }

  #landParts(answer: PartsAnswer): Landing {
    const channel = new Channel(answer, this.#options.bound, {
      outgrown: () => this.#options.events.closed(this),
      complete: (texts) => {
        if (texts !== undefined) this.#options.events.landed(this, { kind: 'chunks', texts });
        this.#end();
      },
      failed: () => this.#end(),
    });
    // Everybody left while it was on its way.
    if (this.#ended) channel.abort();
    this.#channel = channel;
    return { kind: 'parts', channel };
  }

  #openReader(channel: Channel, call: Call): PartsReader {
    const { clock } = this.#options;
    const feed = channel.join(
      (why) => reader.fail(toInterrupted(why, reader)),
      (reason) => {
        this.#leave(call, reason);
        // By now the attempt that answered is known.
        if (call.trace.source !== undefined) call.trace.source = this.source;
      },
    );
    const reader: PartsReader = new PartsReader({ feed, clock, deadline: call.deadline, trace: call.trace, live: true });
    return reader;
  }

  #end(): void {
    this.#close();
    this.#deadline.close();
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.events.closed(this);
  }
}

/** `work`, unless the call ends before: then its own reason, at once. */
export function orEnded<T>(deadline: Deadline, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const unlisten = deadline.listen(reject);
    work.then(
      (result) => {
        unlisten();
        resolve(result);
      },
      (error: unknown) => {
        unlisten();
        reject(error);
      },
    );
  });
}

async function collect(parts: PartsReader): Promise<Answer> {
  const collector = new Collector();
  for await (const chunk of parts) collector.add(chunk);
  return toWholeAnswer(collector.reply());
}

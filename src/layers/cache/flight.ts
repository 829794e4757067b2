import type { SignalHub } from '../../abort.ts';
import type { Answer, Call, RawAnswer, Send, WholeAnswer } from '../../call.ts';
import type { ChatChunk } from '../../chat/chunk.ts';
import type { Whole } from '../../chat/reply.ts';
import type { Clock } from '../../clock.ts';
import { Deadline } from '../../deadline.ts';
import { BudgetError, DeadlineError, KeysExhaustedError } from '../../errors.ts';
import { Channel, type Streamed } from './channel.ts';
import { Crew } from './crew.ts';
import type { ContentText, Head, Source } from './entry.ts';
import { BYTES, CHUNKS, type Kind } from './kinds.ts';
import type { Passenger } from './passenger.ts';
import { PartsReader, toInterrupted } from './reader.ts';
import { toAnswer, toParts, toRaw, toWholeAnswer } from './replay.ts';
import { isStorable } from '../../chat/storable.ts';

export interface FlightEvents {
  /** An answer worth storing; called before anybody gets it. */
  readonly landed: (flight: Flight, content: ContentText) => void;
  /** Nobody may join any more. */
  readonly closed: (flight: Flight) => void;
}

export interface FlightOptions {
  /** The first passenger: the flight sets out with its call, and its report shows the attempts. */
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
  | { readonly kind: 'whole'; readonly toWhole: (call: Call) => Whole; readonly raw: unknown }
  | { readonly kind: 'parts'; readonly channel: Channel<ChatChunk> }
  | { readonly kind: 'raw'; readonly head: Head; readonly channel: Channel<Uint8Array> };

/** Who answers with bytes alone tells no more of them than their type to who shares them: ids and limits are those of one call. */
const SHARED_HEADERS = ['content-type'] as const;

/**
 * One request for many equal calls. It belongs to none of them: it has a controller of its own and the latest deadline of its passengers,
 * and ends when the last one leaves. It waits for a key on the terms of its leader, as the pool fixes the place and the patience of a call
 * when it comes: who joins later cannot lift it. When those terms run out, the most patient passenger leads it from there.
 */
export class Flight {
  /** The first attempt must start by then, or the flight is refused: its passengers have something else to offer. */
  readonly startBy: number;
  readonly #options: FlightOptions;
  readonly #deadline: Deadline;
  readonly #crew: Crew;
  #aboard = 0;
  #ended = false;
  /** What happens from then on is no event of the leader's call. */
  #leaderLeft = false;
  #ttlMs = 0;
  #channel: { abort(): void } | undefined;
  #landing: Promise<Landing> | undefined;

  constructor(options: FlightOptions) {
    const { leader, clock, hub } = options;
    this.#crew = new Crew(leader, options.startBy);
    this.startBy = options.startBy;
    this.#options = options;
    this.#deadline = new Deadline(clock, hub, { timeoutMs: leader.deadline.at - clock.now() });
  }

  /** Whose call it takes; its report shows the attempts. */
  get leader(): Call {
    return this.#crew.leader;
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
    const landing = await this.#land(this.#welcome(call));
    if (landing.kind === 'whole') {
      const answer = toAnswer({ kind: 'whole', whole: landing.toWhole(call) }, call, this.#options.clock);
      // The provider's own body is the leader's: there is one of it.
      return answer.kind === 'whole' && call === this.leader ? { ...answer, raw: landing.raw } : answer;
    }
    if (landing.kind === 'raw') {
      const head = call === this.leader ? landing.head : toShared(landing.head);
      return toRaw(head, this.#openReader(landing.channel, BYTES, call));
    }
    const parts = this.#openReader(landing.channel, CHUNKS, call);
    return call.stream ? toParts(parts) : collect(parts);
  }

  #welcome(call: Call): Passenger {
    this.#aboard++;
    this.#deadline.extend(call.deadline.at);
    this.#ttlMs = Math.max(this.#ttlMs, call.settings.cache.ttlMs);
    return this.#crew.welcome(call, this.#options.clock.now());
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

  async #land(passenger: Passenger): Promise<Landing> {
    try {
      if (this.#landing === undefined) throw new Error('Cannot board a flight as it has not started');
      return await passenger.land(this.#landing);
    } catch (error) {
      this.#leave(passenger.call, error);
      throw error;
    } finally {
      this.#crew.delete(passenger);
    }
  }

  async #fly(next: Send): Promise<Landing> {
    for (;;) {
      try {
        const answer = await next(this.#toSend());
        return this.#landAnswer(answer);
      } catch (error) {
        if (this.#handOver(error)) continue;
        this.#end();
        throw error;
      }
    }
  }

  #toSend(): Call {
    const { leader, startBy } = this;
    const { onEvent } = leader;
    const tell: Call['onEvent'] = onEvent && ((event) => (this.#leaderLeft || this.leader !== leader ? undefined : onEvent(event)));
    const settings = this.#crew.send(this.#deadline.at);
    // Equal calls are refused by the same keys, whoever leads.
    const { refusedBy } = this.#options.leader;
    return { ...leader, settings, refusedBy, deadline: this.#deadline, startBy, onEvent: tell };
  }

  /** Whether it goes on with another leader. */
  #handOver(error: unknown): boolean {
    if (this.#ended || this.#deadline.ended !== undefined) return false;
    const goesOn = isAboutTime(error) ? this.#crew.handOver(error, this.#options.clock.now()) : this.#succeeds(error);
    if (goesOn) this.#leaderLeft = false;
    return goesOn;
  }

  /** A budget that is spent is the leader's, as tags do not make calls unequal: somebody else may have enough of theirs. */
  #succeeds(error: unknown): boolean {
    return error instanceof BudgetError && this.#crew.succeed(error, this.#options.clock.now());
  }

  #landWhole({ whole, raw }: WholeAnswer): Landing {
    const storable = isStorable(whole);
    const text = storable || this.#aboard > 1 ? JSON.stringify(whole) : undefined;
    if (storable && text !== undefined && !this.#ended) this.#options.events.landed(this, { kind: 'whole', text });
    this.#end();
    // Written by this program from the answer.
    const toWhole = (call: Call) => (call === this.leader || text === undefined ? whole : (JSON.parse(text) as Whole));
    return { kind: 'whole', toWhole, raw };
  }

  #landAnswer(answer: Answer): Landing {
    switch (answer.kind) {
      case 'whole':
        return this.#landWhole(answer);
      case 'parts':
        return { kind: 'parts', channel: this.#openChannel(answer, CHUNKS, (texts) => ({ kind: 'chunks', texts })) };
      case 'raw':
        return this.#landRaw(answer);
    }
  }

  #landRaw({ status, headers, parts, done }: RawAnswer): Landing {
    const head: Head = { status, headers };
    const streamed = { parts, done, collected: () => BYTES.collect([]) };
    const channel = this.#openChannel(streamed, BYTES, (texts) => ({ kind: 'bytes', head: toShared(head), texts }));
    return { kind: 'raw', head, channel };
  }

  #openChannel<Part>(answer: Streamed<Part>, kind: Kind<Part>, toContent: (texts: readonly string[]) => ContentText): Channel<Part> {
    const channel = new Channel(answer, kind, this.#options.bound, {
      outgrown: () => this.#options.events.closed(this),
      complete: (texts) => {
        if (texts !== undefined) this.#options.events.landed(this, toContent(texts));
        this.#end();
      },
      failed: () => this.#end(),
    });
    // Everybody left while it was on its way.
    if (this.#ended) channel.abort();
    this.#channel = channel;
    return channel;
  }

  #openReader<Part>(channel: Channel<Part>, kind: Kind<Part>, call: Call): PartsReader<Part> {
    const { clock } = this.#options;
    const feed = channel.join(
      (why) => reader.fail(toInterrupted(why, reader)),
      (reason) => {
        this.#leave(call, reason);
        // By now the attempt that answered is known.
        if (call.trace.source !== undefined) call.trace.source = this.source;
      },
    );
    const reader: PartsReader<Part> = new PartsReader({ kind, feed, clock, deadline: call.deadline, trace: call.trace, live: true });
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

/**
 * A refusal that more patience may change. A key that is ready but has no time to offer is busy: it serves when another call has ended.
 * For one that may not serve this call at all the next leader is refused at once.
 */
function isAboutTime(error: unknown): boolean {
  if (error instanceof DeadlineError) return true;
  return error instanceof KeysExhaustedError && (error.retryAt !== undefined || error.keys.some(({ state }) => state === 'ready'));
}

async function collect(parts: PartsReader<ChatChunk>): Promise<Answer> {
  const chunks: ChatChunk[] = [];
  for await (const chunk of parts) chunks.push(chunk);
  return toWholeAnswer(CHUNKS.collect(chunks));
}

function toShared({ status, headers }: Head): Head {
  const shared = SHARED_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]));
  return { status, headers: Object.fromEntries(shared) };
}

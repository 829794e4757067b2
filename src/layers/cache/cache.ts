import type { SignalHub } from '../../abort.ts';
import type { Answer, Call, Layer, Send } from '../../call.ts';
import type { Clock } from '../../clock.ts';
import { BudgetError, CacheMissError, KeysExhaustedError, ProviderError } from '../../errors.ts';
import { type ContentText, type Entry, readEntry, type Source, writeEntry } from './entry.ts';
import { Flight, type FlightEvents } from './flight.ts';
import { GuardedStore, type StoreOperation } from './guard.ts';
import { isKept, toKey } from './key.ts';
import type { MemoryBounds } from './memory.ts';
import { orEnded } from './passenger.ts';
import { toAnswer } from './replay.ts';
import { type Keyv, openStore } from './store.ts';

export interface CacheSettings extends MemoryBounds {
  /** A Keyv of the user's own; `undefined` is memory bounded by `maxEntries` and `maxBytes`. The user closes it. */
  readonly store?: Keyv | undefined;
  /** How long after its time an answer may serve when nothing else can. 0: never. */
  readonly staleMs: number;
  /** How long a call with a stale answer at hand may wait for a fresh one to start. */
  readonly staleAfterMs: number;
  readonly namespace: string;
}

/** What the cache did, for events. */
export interface CacheFacts {
  /** A stored answer was served; `call.trace.cache` says whether it was stale. */
  hit(call: Call): void;
  /** The answer of `call` is in the store. */
  stored(call: Call): void;
  /** The store failed or was too slow. Once an outage. */
  failed(error: unknown, operation: StoreOperation): void;
}

export interface CacheTools {
  readonly clock: Clock;
  readonly hub: SignalHub;
  readonly facts: CacheFacts;
}

export interface Cache {
  readonly layer: Layer;
  /** Waits for what is being stored, at the latest until the time limit of an operation. Leaves the user's store open. */
  close(): Promise<void>;
}

/** A recorded stream takes at most this many characters of JSON, and an eighth of the store. */
const LONGEST_RECORDING = 8 * 1024 * 1024;

/**
 * Answers equal calls once: from the store, or from an equal call in flight. How long an answer stays fresh is `settings.cache.ttlMs` of
 * the calls that made it (`Infinity` for ever, 0 not at all); who reads it later takes it as it was stored.
 */
export function createCache(settings: CacheSettings, tools: CacheTools): Cache {
  const store = new GuardedStore({
    store: openStore(settings.store, settings),
    clock: tools.clock,
    failed: (error, operation) => tools.facts.failed(error, operation),
  });
  return {
    layer: (next) => {
      const desk = new Desk(settings, tools, store, next);
      return (call) => (call.settings.cache.mode === 'off' ? next(call) : isKeepable(call) ? desk.serve(call) : unkept(next, call));
    },
    close: () => store.drain(),
  };
}

function isKeepable({ asked }: Call): boolean {
  return asked.operation !== 'fetch' || isKept(asked.request);
}

/** What is never kept is asked for, unless nothing may be. */
function unkept(next: Send, call: Call): Promise<Answer> {
  if (call.settings.cache.mode !== 'only') return next(call);
  return Promise.reject(new CacheMissError(`Cannot answer the call as its cache mode is 'only': requests of its kind are never kept`));
}

class Desk {
  readonly #settings: CacheSettings;
  readonly #tools: CacheTools;
  readonly #store: GuardedStore;
  readonly #next: Send;
  readonly #flights = new Map<string, Flight>();

  constructor(settings: CacheSettings, tools: CacheTools, store: GuardedStore, next: Send) {
    this.#settings = settings;
    this.#tools = tools;
    this.#store = store;
    this.#next = next;
  }

  async serve(call: Call): Promise<Answer> {
    const { mode } = call.settings.cache;
    call.deadline.throwIfEnded();
    call.trace.cache = 'miss';
    const key = toKey(call, this.#settings.namespace);
    if (mode === 'only') return this.#serveStored(call, key);
    // An answer in flight is as fresh as one can be, so that `refresh` takes it too.
    const flight = this.#findFlight(call, key);
    if (flight !== undefined) return this.#ride(flight, call, key);
    const found = mode === 'use' ? await this.#lookUp(call, key) : undefined;
    if (found !== undefined && this.#isFresh(found)) return this.#hit(call, found);
    // An equal call may have set out while the store was read.
    return this.#ride(this.#findFlight(call, key) ?? this.#launch(call, key, found), call, key, found);
  }

  /** What is in the store and nothing else: a call in flight may yet cost a key. */
  async #serveStored(call: Call, key: string): Promise<Answer> {
    const found = await this.#lookUp(call, key);
    if (found !== undefined) return this.#hit(call, found);
    throw new CacheMissError(`Cannot answer the call as its cache mode is 'only': nothing is stored for it`);
  }

  /** A fresh or stale entry; `undefined` when there is none. */
  async #lookUp(call: Call, key: string): Promise<Entry | undefined> {
    const reading = this.#store.read(key);
    const stored = await (this.#store.mayWait ? orEnded(call.deadline, reading) : reading);
    call.deadline.throwIfEnded();
    if (stored === undefined) return undefined;
    const entry = readEntry(stored, call.asked.operation);
    const usable = entry !== undefined && this.#tools.clock.now() < Math.min(entry.staleUntil, entry.freshUntil + this.#settings.staleMs);
    if (usable) return entry;
    this.#store.remove(key);
    return undefined;
  }

  #isFresh(entry: Entry): boolean {
    return this.#tools.clock.now() < entry.freshUntil;
  }

  #hit(call: Call, entry: Entry): Answer {
    call.trace.cache = this.#isFresh(entry) ? 'hit' : 'stale';
    noteSource(call, entry.source);
    this.#tools.facts.hit(call);
    return toAnswer(entry.content, call, this.#tools.clock);
  }

  /**
   * A flight whose leader has a stale answer at hand gives up early. `use` calls have the same answer at hand and may join;
   * a `refresh` has nothing else and sets out by itself.
   */
  #findFlight(call: Call, key: string): Flight | undefined {
    const flight = this.#flights.get(key);
    const patient = call.settings.cache.mode === 'use' || (flight !== undefined && flight.startBy >= call.startBy);
    return patient ? flight : undefined;
  }

  #launch(call: Call, key: string, stale: Entry | undefined): Flight {
    const { clock, hub } = this.#tools;
    const { staleAfterMs, maxBytes } = this.#settings;
    const startBy = stale === undefined ? call.startBy : Math.min(call.startBy, clock.now() + staleAfterMs);
    const bound = Math.min(LONGEST_RECORDING, maxBytes / 8);
    const flight = new Flight({ leader: call, startBy, clock, hub, bound, events: this.#watch(key) });
    this.#flights.set(key, flight);
    flight.start(this.#next);
    return flight;
  }

  #watch(key: string): FlightEvents {
    return {
      closed: (flight) => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
      },
      landed: (flight, content) => this.#keep(key, flight, content),
    };
  }

  #keep(key: string, flight: Flight, content: ContentText): void {
    const storedAt = this.#tools.clock.now();
    const freshUntil = storedAt + flight.ttlMs;
    const staleUntil = freshUntil + this.#settings.staleMs;
    if (staleUntil <= storedAt) return;
    const text = writeEntry({ storedAt, freshUntil, staleUntil }, flight.source, content);
    void this.#store.write(key, text, staleUntil - storedAt).then((taken) => taken && this.#tools.facts.stored(flight.leader));
  }

  async #ride(flight: Flight, call: Call, key: string, found?: Entry): Promise<Answer> {
    if (flight.leader !== call) call.trace.cache = 'shared';
    try {
      const answer = await flight.board(call);
      // It may have come to lead it on the way.
      if (flight.leader !== call) noteSource(call, flight.source);
      return answer;
    } catch (error) {
      // The flight may have ended in the same moment: a caller's own reason comes first.
      call.deadline.throwIfEnded();
      const stale = isStarved(error) && call.settings.cache.mode === 'use' ? await this.#findStale(call, key, found) : undefined;
      if (stale === undefined) throw error;
      return this.#hit(call, stale);
    }
  }

  /** Who joined has not looked: the leader's stale answer is theirs too. */
  async #findStale(call: Call, key: string, found: Entry | undefined): Promise<Entry | undefined> {
    if (this.#settings.staleMs === 0) return undefined;
    return found ?? this.#lookUp(call, key);
  }
}

/** Nothing could serve; another answer would be no better, and any other failure is the request's or the caller's own. */
function isStarved(error: unknown): boolean {
  return error instanceof KeysExhaustedError || error instanceof ProviderError || error instanceof BudgetError;
}

function noteSource(call: Call, source: Source): void {
  call.trace.source = source;
  call.trace.costUsd = 0;
}

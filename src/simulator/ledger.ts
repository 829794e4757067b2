import type { FaultKind } from './faults.ts';
import type { SimulatedProtocol } from './protocol.ts';

/**
 * How a request ended: `served` to the last byte (slowly too); `refused` by a limit; `rejected` for its key, its path or
 * its body; `faulted`; `aborted` by the client while it was to be served.
 */
export type Outcome = 'served' | 'refused' | 'rejected' | 'faulted' | 'aborted';

/** Counts of one key, one group or all. `received` is the sum of the five outcomes and `inFlight`. */
export interface Tally {
  readonly received: number;
  readonly served: number;
  readonly refused: number;
  readonly rejected: number;
  readonly faulted: number;
  readonly aborted: number;
  readonly inFlight: number;
  readonly peakInFlight: number;
  /** Status lines sent. A request that hung or was reset has none. */
  readonly byStatus: Readonly<Record<number, number>>;
  /** True tokens of what was served. */
  readonly tokens: number;
}

/** What `stats()` tells: all requests together, and by key and group. */
export interface SimulatorStats extends Tally {
  /** By key id. Every key is here, those that nobody used too. */
  readonly keys: Readonly<Record<string, Tally>>;
  /** By group id. */
  readonly groups: Readonly<Record<string, Tally>>;
  /** Faults that happened, by kind. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Streams that clients left before their end. */
  readonly abortedStreams: number;
  /** Connections opened. */
  readonly connections: number;
  /** Ids of the chat replies served whole. A client that returned exactly these got nothing twice and lost nothing. */
  readonly servedIds: readonly string[];
}

/** One request as the simulator saw it. Its headers leave out those that carry secrets. */
export interface RequestRecord {
  /** From 1, in the order of arrival. */
  readonly number: number;
  /** In epoch ms of the simulator's clock. */
  readonly at: number;
  /** The protocol it came in; `openai` for a path that nobody knows. */
  readonly protocol: SimulatedProtocol;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** With its question mark, without a key; empty without one. */
  readonly query: string;
  /** The id of the key; `undefined` for an unknown one. */
  readonly key: string | undefined;
  readonly group: string | undefined;
  readonly model: string;
  readonly stream: boolean;
  /** The text of the last message. */
  readonly prompt: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed body; `undefined` when it was no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** `undefined` before the status line, and for ever when none was sent. */
  readonly status: number | undefined;
  /** `undefined` while it is in flight. */
  readonly outcome: Outcome | undefined;
  readonly fault: FaultKind | undefined;
  /** The id of the reply that was, or was to be, sent. */
  readonly replyId: string | undefined;
}

/** What is known of a request when it arrives. */
export type Arrived = Omit<RequestRecord, 'status' | 'outcome'>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Counts what happens and keeps the last requests. */
export class Ledger {
  readonly #all = emptyTally();
  readonly #keys = new Map<string, MutableTally>();
  readonly #groups = new Map<string, MutableTally>();
  readonly #faults: Partial<Record<FaultKind, number>> = {};
  readonly #servedIds: string[] = [];
  readonly #keep: number;
  readonly #onChange: () => void;
  #records: Mutable<RequestRecord>[] = [];
  #abortedStreams = 0;
  #connections = 0;

  constructor(keep: number, keys: readonly string[], groups: readonly string[], onChange: () => void) {
    this.#keep = keep;
    this.#onChange = onChange;
    for (const id of keys) this.#keys.set(id, emptyTally());
    for (const id of groups) this.#groups.set(id, emptyTally());
  }

  connect(): void {
    this.#connections++;
    this.#onChange();
  }

  /** A request begins to be in flight; exactly one `end` must follow. */
  arrive(arrived: Arrived): Visit {
    const record: Mutable<RequestRecord> = { ...arrived, status: undefined, outcome: undefined };
    this.#remember(record);
    const ofCaller = [this.#keys.get(arrived.key ?? ''), this.#groups.get(arrived.group ?? '')];
    const tallies = [this.#all, ...ofCaller.filter((tally) => tally !== undefined)];
    for (const tally of tallies) {
      tally.received++;
      tally.inFlight++;
      tally.peakInFlight = Math.max(tally.peakInFlight, tally.inFlight);
    }
    if (record.fault !== undefined) this.#faults[record.fault] = (this.#faults[record.fault] ?? 0) + 1;
    this.#onChange();
    return {
      status: (status) => {
        record.status = status;
        for (const tally of tallies) tally.byStatus[status] = (tally.byStatus[status] ?? 0) + 1;
        this.#onChange();
      },
      end: (outcome, tokens, gone) => {
        record.outcome = outcome;
        for (const tally of tallies) close(tally, outcome, tokens);
        if (outcome === 'served' && record.replyId !== undefined) this.#servedIds.push(record.replyId);
        if (gone && record.stream) this.#abortedStreams++;
        this.#onChange();
      },
    };
  }

  #remember(record: Mutable<RequestRecord>): void {
    if (this.#keep === 0) return;
    this.#records.push(record);
    // Twice as many before half is thrown away: cheaper than one at a time.
    if (this.#records.length >= this.#keep * 2) this.#records = this.#records.slice(-this.#keep);
  }

  records(): readonly RequestRecord[] {
    return this.#keep === 0 ? [] : this.#records.slice(-this.#keep).map((record) => ({ ...record }));
  }

  keyTally(id: string): Tally {
    return copy(this.#keys.get(id) ?? emptyTally());
  }

  groupTally(id: string): Tally {
    return copy(this.#groups.get(id) ?? emptyTally());
  }

  stats(): SimulatorStats {
    return {
      ...copy(this.#all),
      keys: copyAll(this.#keys),
      groups: copyAll(this.#groups),
      faults: { ...this.#faults },
      abortedStreams: this.#abortedStreams,
      connections: this.#connections,
      servedIds: [...this.#servedIds],
    };
  }
}

/** One request in flight. */
export interface Visit {
  status(status: number): void;
  end(outcome: Outcome, tokens: number, gone: boolean): void;
}

type MutableTally = Mutable<Tally> & { readonly byStatus: Record<number, number> };

function emptyTally(): MutableTally {
  return { received: 0, served: 0, refused: 0, rejected: 0, faulted: 0, aborted: 0, inFlight: 0, peakInFlight: 0, byStatus: {}, tokens: 0 };
}

function close(tally: MutableTally, outcome: Outcome, tokens: number): void {
  tally.inFlight--;
  tally[outcome]++;
  if (outcome === 'served') tally.tokens += tokens;
}

function copy(tally: MutableTally): Tally {
  return { ...tally, byStatus: { ...tally.byStatus } };
}

function copyAll(tallies: ReadonlyMap<string, MutableTally>): Readonly<Record<string, Tally>> {
  return Object.fromEntries(Array.from(tallies, ([id, tally]) => [id, copy(tally)]));
}

import type { Bound, BoundQuestion } from './bound.ts';
import { Checker } from './check.ts';
import { Desk } from './desk.ts';
import { checkFault, FaultPlan, type FaultHandle } from './fault-plan.ts';
import type { Fault } from './faults.ts';
import { Group } from './group.ts';
import { Ledger, type RequestRecord, type SimulatorStats, type Tally } from './ledger.ts';
import type { KeyState, SimulatorOptions } from './options.ts';
import { branchRandom } from './random.ts';
import { LoopbackServer } from './server.ts';
import { readSettings, readState, type Settings } from './settings.ts';
import { BASE_PATHS } from './tongues/find.ts';
import type { SimulatedProtocol } from './protocol.ts';

/**
 * Starts a provider that speaks the protocols of OpenAI, Anthropic, Google, Cohere and Amazon Bedrock on a free port of 127.0.0.1,
 * enforces limits and fails on demand. With the same seed and the same order of requests it does the same again.
 *
 * @throws TypeError or RangeError (as a rejection) for options that cannot be.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new LoopbackSimulator(readSettings(options));
  await simulator.listen();
  return simulator;
}

/** A running provider. `await using` closes it. */
export interface Simulator extends AsyncDisposable {
  /** The origin, as in `http://127.0.0.1:40123`. */
  readonly url: string;
  /** What a client of OpenAI takes as its base URL: the origin and `/v1`. */
  readonly baseURL: string;
  /** The base URL of each protocol. All of them serve the same keys, groups and faults. */
  readonly baseURLs: Readonly<Record<SimulatedProtocol, string>>;
  /** When it started, in epoch ms of its clock: what every `...Ms` of keys, faults and bounds counts from. */
  readonly startedAt: number;
  /** What it counted so far: a copy. */
  stats(): SimulatorStats;
  /** The last requests (`record` of them) in the order of arrival: copies. */
  requests(): readonly RequestRecord[];
  /**
   * The most that its limits could have let in over a time, for calls of one size and one model: buckets are full at the
   * beginning, a `refill` one gives burst + rate x time, a window its limit each time it opens; the tightest limit of a
   * group decides and groups add up. A group counts while one of its keys is `ok`, changes planned or made by hand
   * included; what its full buckets cannot hold meanwhile is lost. Latency matters only where concurrency is limited;
   * faults, refused requests that count and debts of tokens that nobody reserved are left out.
   */
  bound(question?: BoundQuestion): Bound;
  /** One key, by its id or its secret. */
  key(name: string): KeyControl;
  /** One group, by its id. */
  group(id: string): GroupControl;
  /** Plans what goes wrong from now on. `fromMs` and `untilMs` still count from the simulator's start. */
  fail(fault: Fault): FaultHandle;
  /** Resolves as soon as its counts satisfy a condition: how a test waits without sleeping. Rejects when the simulator closes. */
  until(condition: (stats: SimulatorStats) => boolean): Promise<void>;
  /** Drops every connection and stops listening. No socket and no timer is left. Called again it waits for the first. */
  close(): Promise<void>;
}

/** One key, to look at and to change. */
export interface KeyControl {
  readonly id: string;
  /** The state now. */
  readonly state: KeyState;
  /** Changes the state from now on, until the next change that was planned for it. */
  set(state: KeyState): void;
  stats(): Tally;
}

/** One group, to look at and to change. */
export interface GroupControl {
  readonly id: string;
  /** Changes the state of all its keys. */
  set(state: KeyState): void;
  stats(): Tally;
}

interface Waiter {
  readonly condition: (stats: SimulatorStats) => boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

class LoopbackSimulator implements Simulator {
  readonly startedAt: number;
  readonly #settings: Settings;
  readonly #groups: readonly Group[];
  readonly #plan: FaultPlan;
  readonly #ledger: Ledger;
  readonly #server: LoopbackServer;
  readonly #waiters = new Set<Waiter>();
  #closing: Promise<void> | undefined;
  #port = 0;

  constructor(settings: Settings) {
    this.startedAt = settings.clock.now();
    this.#settings = settings;
    this.#groups = settings.groups.map((group) => new Group(group, this.startedAt));
    this.#plan = new FaultPlan(branchRandom(settings.seed, 'faults'), this.startedAt);
    for (const fault of settings.faults) this.#plan.add(fault);
    const keyIds = settings.groups.flatMap((group) => group.keys.map(({ id }) => id));
    const groupIds = settings.groups.map(({ id }) => id);
    this.#ledger = new Ledger(settings.record, keyIds, groupIds, () => this.#wake());
    this.#server = new LoopbackServer(settings, new Desk(settings, this.#groups, this.#plan), this.#ledger);
  }

  async listen(): Promise<void> {
    this.#port = await this.#server.listen();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get baseURL(): string {
    return this.baseURLs.openai;
  }

  get baseURLs(): Readonly<Record<SimulatedProtocol, string>> {
    const { openai, anthropic, google, cohere, bedrock } = BASE_PATHS;
    const at = (path: string): string => this.url + path;
    return { openai: at(openai), anthropic: at(anthropic), google: at(google), cohere: at(cohere), bedrock: at(bedrock) };
  }

  stats(): SimulatorStats {
    return this.#ledger.stats();
  }

  requests(): readonly RequestRecord[] {
    return this.#ledger.records();
  }

  bound(question: BoundQuestion = {}): Bound {
    const check = new Checker('work out the bound');
    const from = this.startedAt + check.number('sinceMs', question.sinceMs ?? 0, { from: 0 });
    const untilNow = Math.max(0, this.#settings.clock.now() - from);
    const durationMs = check.number('durationMs', question.durationMs ?? untilNow, { from: 0 });
    const groups = this.#groups.map((group) => group.bound({ from, to: from + durationMs }, question));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    return { requests: sum(groups.map(({ requests }) => requests)), tokens: sum(groups.map(({ tokens }) => tokens)), groups };
  }

  key(name: string): KeyControl {
    const key = this.#groups.flatMap(({ keys }) => keys).find(({ id, secret }) => id === name || secret === name);
    if (key === undefined) throw new Checker('find the key').rangeError('name', 'an id or a secret of the simulator', name);
    const clock = this.#settings.clock;
    const ledger = this.#ledger;
    return {
      id: key.id,
      get state() {
        return key.stateAt(clock.now());
      },
      set: (state) => key.set(readState(new Checker('set the key'), state), clock.now()),
      stats: () => ledger.keyTally(key.id),
    };
  }

  group(id: string): GroupControl {
    const group = this.#groups.find(({ settings }) => settings.id === id);
    if (group === undefined) throw new Checker('find the group').rangeError('id', 'one of the simulator', id);
    return {
      id,
      set: (state) => group.keys.forEach((key) => this.key(key.id).set(state)),
      stats: () => this.#ledger.groupTally(id),
    };
  }

  fail(fault: Fault): FaultHandle {
    return this.#plan.add(checkFault(new Checker('plan the fault'), '', fault));
  }

  until(condition: (stats: SimulatorStats) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== undefined) return reject(closedWhileWaiting());
      this.#waiters.add({ condition, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#waiters.size === 0) return;
    const stats = this.#ledger.stats();
    for (const waiter of this.#waiters) this.#ask(waiter, stats);
  }

  #ask(waiter: Waiter, stats: SimulatorStats): void {
    try {
      if (!waiter.condition(stats)) return;
      waiter.resolve();
    } catch (error) {
      // The condition is the caller's: its failure is theirs, not that of the request that was counted just now.
      waiter.reject(error);
    }
    this.#waiters.delete(waiter);
  }

  close(): Promise<void> {
    this.#closing ??= this.#server.close();
    for (const { reject } of this.#waiters) reject(closedWhileWaiting());
    this.#waiters.clear();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function closedWhileWaiting(): Error {
  return new Error('Cannot wait any longer as the simulator is closed');
}

/* oxlint-disable no-underscore-dangle -- Bottleneck names its private parts so. */
import Bottleneck from 'bottleneck';
import type { Clock, Timer } from '../../clock.ts';
import { ClosedError } from '../../errors.ts';
import { type Entrails, lackingFields, type Node, type QueuedJob, type Registration } from './entrails.ts';

/** What a group allows; `undefined` when it does not limit that. */
export interface Limits {
  readonly concurrency: number | undefined;
  readonly minTimeMs: number | undefined;
}

/** Bottleneck's default, used for every job: who goes first was decided in the pool's queue. */
const PRIORITY = 5;

interface Waiter {
  readonly begin: () => Promise<void>;
  readonly fail: (error: unknown) => void;
}

/**
 * One group's concurrency and spacing, enforced by Bottleneck 2.19.5, the only file that imports it.
 *
 * As it comes, a limiter waits for a timer at each step (about 400 jobs a second), tells time by `Date.now`, spreads spaced jobs over
 * timers of their own, locks and looks again where nobody waits, and cannot cancel. `#mend` replaces those on its private parts;
 * `entrails.ts` checks that they are there. Its queue and its counts still decide who begins.
 */
export class Limiter {
  readonly #clock: Clock;
  readonly #bottleneck: Bottleneck;
  readonly #entrails: Entrails;
  #limits: Limits;
  /** Jobs that have not begun, by id. */
  readonly #waiters = new Map<string, Waiter>();
  /** Where those that are in Bottleneck's queue stand. */
  readonly #nodes = new Map<string, Node>();
  #spacing: Timer | undefined;
  #ids = 0;

  constructor(limits: Limits, clock: Clock) {
    this.#clock = clock;
    this.#limits = limits;
    this.#bottleneck = new Bottleneck({ ...toSettings(limits), rejectOnDrop: false });
    const lacking = lackingFields(this.#bottleneck);
    if (lacking.length > 0)
      throw new TypeError(`Cannot limit a group as this bottleneck is not version 2.19.5: it lacks ${lacking.join(', ')}`);
    // The one cast into its private parts, checked above.
    this.#entrails = this.#bottleneck as unknown as Entrails;
    this.#mend();
    // Without a listener its own failures vanish, and with them the calls that wait for it.
    this.#bottleneck.on('error', (error) => this.#failAll(error));
  }

  /**
   * Runs `begin` once there is room; it holds its place until its promise settles, and must not reject.
   * `fail` is called instead where that can never happen. Returns the way to stop waiting, which says `false` once it has begun.
   */
  enter(begin: () => Promise<void>, fail: (error: unknown) => void): () => boolean {
    const id = String(this.#ids++);
    this.#waiters.set(id, { begin, fail });
    this.#bottleneck.schedule({ id, priority: PRIORITY }, () => this.#begin(id)).catch((error: unknown) => this.#leave(id)?.fail(error));
    return () => this.#leave(id) !== undefined;
  }

  /** New limits hold from the next start on. In place: a new limiter would not know who is running. */
  apply(limits: Limits): void {
    if (limits.concurrency === this.#limits.concurrency && limits.minTimeMs === this.#limits.minTimeMs) return;
    this.#limits = limits;
    this.#bottleneck.updateSettings(toSettings(limits));
  }

  /** Jobs that wait. */
  get queued(): number {
    return this.#waiters.size;
  }

  get running(): number {
    return this.#entrails._store._running;
  }

  /** Nothing waits or runs, and the next job may begin at once: a new limiter would do the same. */
  get idle(): boolean {
    return this.queued === 0 && this.running === 0 && this.#entrails._store._nextRequest <= this.#clock.now();
  }

  /** Refuses who waits; who has begun goes on. */
  close(): void {
    this.#failAll(new ClosedError('Cannot start the call as the client was closed'));
  }

  async #begin(id: string): Promise<void> {
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    this.#nodes.delete(id);
    await waiter?.begin();
  }

  /** Takes a job that has not begun out of the queue. One that Bottleneck is still receiving is dropped when it arrives there. */
  #leave(id: string): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    const node = this.#nodes.get(id);
    this.#nodes.delete(id);
    if (node !== undefined) this.#unlink(node);
    if (this.#nodes.size === 0) this.#stopSpacing();
    return waiter;
  }

  #failAll(error: unknown): void {
    for (const id of this.#waiters.keys()) this.#leave(id)?.fail(error);
  }

  #mend(): void {
    const { _store: store, _queues: queues, Events: events } = this.#entrails;
    store.yieldLoop = () => Promise.resolve();
    store._nextRequest = 0;
    store.__register__ = () => this.#register();
    this.#mendWaits();
    this.#entrails._run = (index, job) => this.#run(index, job);
    const push = queues.push.bind(queues);
    queues.push = (job) => (this.#waiters.has(job.options.id) ? this.#push(push, job) : void job.doDrop());
    const trigger = events.trigger.bind(events);
    // Telling nobody costs as much as telling somebody.
    events.trigger = (name, ...args) => (events._events[name]?.length ? trigger(name, ...args) : Promise.resolve(undefined));
  }

  /** Its own steps without the promises that wait for nothing: each of them costs as much as the step. */
  #mendWaits(): void {
    const entrails = this.#entrails;
    const { _store: store } = entrails;
    const submit = store.__submit__.bind(store);
    store.__submit__ = (queued, weight) => (mayEver(weight, store.storeOptions.maxConcurrent) ? SUBMITTED : submit(queued, weight));
    store.__free__ = (_index, weight) => {
      store._running -= weight;
      store._done += weight;
      void entrails._drainAll(store.computeCapacity());
      return { running: store._running };
    };
    const drainAll = entrails._drainAll.bind(entrails);
    // Registering and running are one step now, as is queueing: there is nothing to keep apart.
    entrails._submitLock.schedule = (task, job) => task(job);
    entrails._registerLock.schedule = (task) => task();
    // At most times nobody waits.
    entrails._drainAll = (capacity, total = 0) =>
      entrails._queues._lists[PRIORITY]?.length === 0 ? Promise.resolve(total) : drainAll(capacity, total);
  }

  #push(push: (job: QueuedJob) => void, job: QueuedJob): void {
    push(job);
    const node = this.#entrails._queues._lists[PRIORITY]?._last;
    if (node != null) this.#nodes.set(job.options.id, node);
  }

  #unlink(node: Node): void {
    const list = this.#entrails._queues._lists[PRIORITY];
    if (list === undefined) return;
    if (node.prev === null) list._first = node.next;
    else node.prev.next = node.next;
    if (node.next === null) list._last = node.prev;
    else node.next.prev = node.prev;
    list.length--;
    list.decr();
    node.value.doDrop();
  }

  /**
   * Whether the first job may begin. One that is too early stays in the queue, where it can be cancelled and reserves nothing.
   * The answer comes in the same step: were it a promise, a job cancelled meanwhile would make Bottleneck drop the one behind it.
   */
  #register(): Registration {
    const { _store: store } = this.#entrails;
    const now = this.#clock.now();
    const early = store._nextRequest > now;
    if (early) this.#startSpacing(store._nextRequest - now);
    if (early || !store.conditionsCheck(1)) return toRegistration({ success: false });
    store._running += 1;
    store._nextRequest = now + store.storeOptions.minTime;
    return toRegistration({ success: true, wait: 0 });
  }

  /** Bottleneck's own, without the timer between registering and running. */
  #run(index: string, job: QueuedJob): void {
    const entrails = this.#entrails;
    job.doRun();
    entrails._scheduled[index] = { job };
    const clear = (): boolean => entrails._clearGlobalState(index);
    const again = (): void => this.#run(index, job);
    job
      .doExecute(null, clear, again, (options, event) => entrails._free(index, job, options, event))
      .catch((error: unknown) => this.#failAll(error));
  }

  /** One timer for all that wait for their distance. */
  #startSpacing(ms: number): void {
    this.#spacing ??= this.#clock.after(ms, () => {
      this.#spacing = undefined;
      const entrails = this.#entrails;
      void entrails._drainAll(entrails._store.computeCapacity());
    });
  }

  #stopSpacing(): void {
    this.#spacing?.cancel();
    this.#spacing = undefined;
  }
}

/** No queue of ours has a high-water mark or blocks. */
const SUBMITTED = { reachedHWM: false, blocked: false, strategy: null };

function mayEver(weight: number, maxConcurrent: number | null): boolean {
  return maxConcurrent === null || weight <= maxConcurrent;
}

function toSettings(limits: Limits): { readonly maxConcurrent: number | null; readonly minTime: number } {
  return { maxConcurrent: limits.concurrency ?? null, minTime: limits.minTimeMs ?? 0 };
}

function toRegistration(answer: { readonly success: boolean; readonly wait?: number }): Registration {
  // eslint-disable-next-line unicorn/no-thenable -- Bottleneck calls `then` on it; nobody awaits it.
  return { then: (use) => use(answer) };
}

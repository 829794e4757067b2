import type { Clock } from '../../clock.ts';
import { Outage } from './outage.ts';
import type { Store } from './store.ts';

export type StoreOperation = 'get' | 'set' | 'delete';

/** No operation of a store takes a call longer than this. */
const OPERATION_LIMIT_MS = 50;

export interface GuardOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Called once an outage. */
  readonly failed: (error: unknown, operation: StoreOperation) => void;
}

/**
 * A store that cannot harm a call: every operation has a time limit, a failure is a miss, and a store that failed is left alone
 * for a growing time. Reads and writes have an outage each, as a full store still reads.
 */
export class GuardedStore {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #failed: GuardOptions['failed'];
  readonly #reads = new Outage();
  readonly #writes = new Outage();
  /** Equal calls that come together read once. */
  readonly #reading = new Map<string, Promise<unknown>>();
  /** Texts on their way to the store: an equal call that comes meanwhile must not miss them. */
  readonly #writing = new Map<string, string>();
  readonly #unsettled = new Set<Promise<unknown>>();

  constructor(options: GuardOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#failed = options.failed;
  }

  /** Reads may be late, so that a caller who aborts must be let go meanwhile. */
  get mayWait(): boolean {
    return !this.#store.local;
  }

  /** What is stored, or being stored; `undefined` when there is nothing, or the store cannot say in time. Never rejects. */
  read(key: string): Promise<unknown> {
    const written = this.#writing.get(key);
    if (written !== undefined) return Promise.resolve(written);
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#read(key);
      this.#reading.set(key, reading);
    }
    return reading;
  }

  /** Stores in the background; resolves to whether the store took it. Never rejects. */
  write(key: string, text: string, ttlMs: number): Promise<boolean> {
    // Who cannot be read is not written to either: nobody would find it.
    if (this.#reads.isPaused(this.#clock.now())) return Promise.resolve(false);
    this.#writing.set(key, text);
    return this.#track(this.#write(key, text, ttlMs));
  }

  /** Deletes in the background what nobody can use any more. */
  remove(key: string): void {
    if (this.#writing.has(key)) return;
    void this.#track(this.#run('delete', this.#writes, () => this.#store.delete(key)));
  }

  /** Resolves when what was begun is through, at the latest after the time limit. */
  async drain(): Promise<void> {
    await Promise.all(this.#unsettled);
  }

  async #read(key: string): Promise<unknown> {
    const found = await this.#run(
      'get',
      this.#reads,
      () => this.#store.get(key),
      () => this.remove(key),
    );
    this.#reading.delete(key);
    return found ?? this.#writing.get(key);
  }

  async #write(key: string, text: string, ttlMs: number): Promise<boolean> {
    const taken = await this.#run('set', this.#writes, () => this.#store.set(key, text, ttlMs));
    if (this.#writing.get(key) === text) this.#writing.delete(key);
    return taken === true;
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#unsettled.add(work);
    const result = await work;
    this.#unsettled.delete(work);
    return result;
  }

  async #run<T>(operation: StoreOperation, outage: Outage, work: () => Promise<T>, spoilt?: () => void): Promise<T | undefined> {
    const pass = outage.admit(this.#clock.now());
    if (pass === undefined) return undefined;
    try {
      const result = await this.#inTime(operation, work);
      outage.served(pass);
      return result;
    } catch (error) {
      if (spoilt !== undefined && error instanceof SyntaxError) {
        // The store answered; what it held is no JSON.
        outage.served(pass);
        spoilt();
        return undefined;
      }
      const isNews = !this.#reads.isDown && !this.#writes.isDown;
      outage.failed(pass, this.#clock.now());
      if (isNews) this.#failed(error, operation);
      return undefined;
    }
  }

  #inTime<T>(operation: StoreOperation, work: () => Promise<T>): Promise<T> {
    if (this.#store.local) return work();
    return new Promise((resolve, reject) => {
      const background = { background: true };
      // In two steps: where this program was too busy to hear the store's answer in time, the turn between them hears it.
      let timer = this.#clock.after(
        OPERATION_LIMIT_MS - 1,
        () => {
          timer = this.#clock.after(1, () => reject(toLate(operation)), background);
        },
        background,
      );
      const settle = (finish: () => void): void => {
        timer.cancel();
        finish();
      };
      work().then(
        (result) => settle(() => resolve(result)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }
}

function toLate(operation: StoreOperation): Error {
  return new Error(`Cannot ${operation} a cache entry as the store must answer in ${OPERATION_LIMIT_MS} ms`);
}

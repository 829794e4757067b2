/** The private parts of Bottleneck 2.19.5 that the limiter replaces or reads. The version is pinned, as nothing promises them. */
export interface Entrails {
  readonly _store: {
    /** A turn of the loop, by a timer. */
    yieldLoop: () => Promise<void>;
    __register__: (index: string, weight: number) => Registration;
    __submit__: (queued: number, weight: number) => unknown;
    __free__: (index: string, weight: number) => unknown;
    readonly conditionsCheck: (weight: number) => boolean;
    readonly computeCapacity: () => number | null;
    readonly storeOptions: { readonly minTime: number; readonly maxConcurrent: number | null };
    _running: number;
    /** Weight of all jobs that ended. */
    _done: number;
    /** When the next job may begin. */
    _nextRequest: number;
  };
  /** Keep the steps of two jobs apart where these wait. */
  readonly _submitLock: { schedule: (task: (job: unknown) => unknown, job: unknown) => unknown };
  readonly _registerLock: { schedule: (task: () => unknown) => unknown };
  readonly _queues: { readonly _lists: readonly List[]; push: (job: QueuedJob) => void };
  readonly _scheduled: Record<string, { readonly job: QueuedJob }>;
  readonly Events: {
    readonly _events: Readonly<Record<string, readonly unknown[] | undefined>>;
    trigger: (name: string, ...args: readonly unknown[]) => Promise<unknown>;
  };
  _run: (index: string, job: QueuedJob) => void;
  /** Begins jobs while there is room; `total` began before. */
  _drainAll: (capacity: number | null, total?: number) => Promise<unknown>;
  readonly _clearGlobalState: (index: string) => boolean;
  readonly _free: (index: string, job: QueuedJob, options: unknown, event: unknown) => Promise<unknown>;
}

/** What `__register__` gives: only its `then` is called. */
export interface Registration {
  then<R>(use: (answer: { readonly success: boolean; readonly wait?: number }) => R): R;
}

export interface QueuedJob {
  readonly options: { readonly id: string };
  doRun(): unknown;
  doDrop(): unknown;
  doExecute(
    chained: null,
    clear: () => boolean,
    again: () => void,
    free: (options: unknown, event: unknown) => Promise<unknown>,
  ): Promise<unknown>;
}

export interface List {
  _first: Node | null;
  _last: Node | null;
  length: number;
  decr(): void;
}

export interface Node {
  readonly value: QueuedJob;
  prev: Node | null;
  next: Node | null;
}

const NEEDED: Readonly<Record<string, 'function' | 'number' | 'object'>> = {
  '_store.yieldLoop': 'function',
  '_store.__register__': 'function',
  '_store.__submit__': 'function',
  '_store.__free__': 'function',
  '_store.conditionsCheck': 'function',
  '_store.computeCapacity': 'function',
  '_store.storeOptions.minTime': 'number',
  '_store._running': 'number',
  '_store._done': 'number',
  '_store._nextRequest': 'number',
  '_submitLock.schedule': 'function',
  '_registerLock.schedule': 'function',
  '_queues.push': 'function',
  '_queues._lists.5.length': 'number',
  '_queues._lists.5._first': 'object',
  '_queues._lists.5._last': 'object',
  '_queues._lists.5.decr': 'function',
  _scheduled: 'object',
  'Events._events': 'object',
  'Events.trigger': 'function',
  _run: 'function',
  _drainAll: 'function',
  _clearGlobalState: 'function',
  _free: 'function',
};

/** Which of the private parts a limiter does not have. */
export function lackingFields(limiter: object): readonly string[] {
  return Object.entries(NEEDED).flatMap(([path, type]) => (typeof read(limiter, path) === type ? [] : [path]));
}

function read(from: unknown, path: string): unknown {
  let value: unknown = from;
  for (const name of path.split('.')) value = value != null ? Reflect.get(Object(value) as object, name) : undefined;
  return value;
}

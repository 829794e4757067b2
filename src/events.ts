import type { KeywheelError } from './errors.ts';
import type { Counted, FailureClass, Scope } from './failure.ts';
import type { AttemptReport, CallReport } from './report.ts';
import type { Budgeted } from './budget.ts';

/** A call has begun: told in the caller's own turn, before anything is sent. */
export interface CallStarted {
  readonly callId: string;
  readonly operation: CallReport['operation'];
  /** The model as the caller named it. */
  readonly requested: string;
  readonly stream: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly tenant?: string;
  /** Epoch ms. */
  readonly at: number;
  /** Who may answer, in order of preference. */
  readonly targets: readonly Candidate[];
  /**
   * What was asked. A function, as prompts are nobody's who does not ask for them: no listener prints them by accident. The client's own
   * keys are taken out.
   */
  readonly asked: () => unknown;
}

/** A provider and model that may answer, and where they are asked. */
export interface Candidate {
  readonly provider: string;
  /** `''` where a request names none. */
  readonly model: string;
  readonly protocol: string;
  /** With the port, where the address names one. */
  readonly host: string;
  /** That of the address; where it names none, that of its scheme. */
  readonly port: number;
}

/** A call that ended in an answer. For a stream: after its last chunk. */
export interface CallFinished {
  readonly report: CallReport;
  /** The answer, of a stream as far as it was put together; `undefined` for one of `fetch`. A function as above. */
  readonly answer?: () => unknown;
}

/** A call that ended in an error, or was aborted (`class: 'aborted'`, no `error`). */
export interface CallFailed {
  readonly report: CallReport;
  /** What the failure was taken for; `rate_limited` when no key could serve in time. */
  readonly class: FailureClass;
  readonly error?: KeywheelError;
}

/** One attempt, whichever way it ended. */
export interface AttemptEnded {
  readonly callId: string;
  readonly attempt: AttemptReport;
}

/** A key, a group, an organisation or a provider may not be used until an instant. */
export interface KeyHeld {
  readonly provider: string;
  /** The key that was used. */
  readonly key: string;
  readonly group: string;
  /** Who is held: `key` alone, its `group`, `org` or `provider`. */
  readonly scope: Scope;
  /** Absent when the hold is for all models. */
  readonly model?: string;
  /** Why it is held. */
  readonly class: FailureClass;
  /** Epoch ms. */
  readonly until: number;
  readonly why: string;
}

/** A key that is dead until a person or its source changes it. */
export interface KeyInvalidated {
  readonly provider: string;
  readonly key: string;
  readonly group: string;
  readonly why: string;
}

/** A key that served again after a hold, or was made usable again by a person. */
export interface KeyRecovered {
  readonly provider: string;
  readonly key: string;
  readonly group: string;
}

/**
 * Keys turned out to share their limits: answers named one project, or (`inferred`) one organisation and no project, or what they
 * said of the limits is explained by nothing else.
 */
export interface GroupLearned {
  readonly provider: string;
  /** The project, as the provider names it; absent when it was inferred. */
  readonly project?: string;
  /** What spoke for it where no answer named a project. */
  readonly inferred?: 'limits' | 'organization';
  /** The group they are in from now on; when `ignored`, that of the key that told. */
  readonly group: string;
  /** Ids of the keys. */
  readonly keys: readonly string[];
  /** You declared the group of at least one of them, so each stays in its own. Absent when they are one group now. */
  readonly ignored?: boolean;
}

/** Keys that were taken for others of one quota (`group-learned` with `inferred`) have one of their own after all. */
export interface GroupParted {
  readonly provider: string;
  /** The group that they were in, as it is called without them. */
  readonly group: string;
  /** The group they are in from now on. */
  readonly into: string;
  /** Ids of the keys that left. */
  readonly keys: readonly string[];
}

/** Groups turned out to belong to one organisation: what empties it holds them all. They stay groups of their own. */
export interface OrganizationLearned {
  readonly provider: string;
  /** As the provider names it. */
  readonly organization: string;
  /** Ids of the groups that are known to belong to it. */
  readonly groups: readonly string[];
}

/** A call found no key that could serve within its time. */
export interface KeysExhausted {
  readonly provider: string;
  readonly model: string;
  /** Epoch ms; absent when no key comes back by itself. */
  readonly retryAt?: number;
}

/** A key function threw or answered nothing; the last good list stays. */
export interface KeysRefreshFailed {
  readonly provider: string;
  readonly reason: string;
}

/** A provider's route was taken out of use as it is sick (`open`), is being tried by one call (`half-open`), or is back (`closed`). */
export interface RouteChanged {
  readonly provider: string;
  readonly model: string;
  readonly status: 'open' | 'half-open' | 'closed';
  /** When an `open` one is tried again, epoch ms. */
  readonly until?: number;
}

/** A stored answer was served. */
export interface CacheHit {
  readonly callId: string;
  /** It was past its `ttlMs`, and served as nothing else could. */
  readonly stale: boolean;
}

/** The answer of a call is in the store. */
export interface CacheStored {
  readonly callId: string;
}

/** The store failed or was too slow; reported once an outage. */
export interface CacheFailed {
  readonly operation: 'get' | 'set' | 'delete';
  readonly reason: string;
}

/** As much of a bucket is spent as a share of `limitNear` says; told again only after some of it was back. */
export interface LimitNear {
  readonly provider: string;
  readonly group: string;
  readonly model?: string;
  readonly counts: Counted;
  readonly windowMs: number;
  /** How many a window. */
  readonly limit: number;
  readonly remaining: number;
  /** The share of `limitNear` that is spent: 0.9 when less than a tenth of what the bucket holds is left. */
  readonly share: number;
}

/** A share of a budget is spent: of `near`, or all of it. Told once a period. */
export interface BudgetNear {
  readonly budget: Budgeted;
  readonly spent: number;
  /** The share of it that is told: 0.8, or 1. */
  readonly share: number;
}

/** Nothing more is spent of a budget until its period ends. */
export interface BudgetReached {
  readonly budget: Budgeted;
  readonly spent: number;
  /** When the period ends, epoch ms. */
  readonly until: number;
}

/** The log cannot be written: told once an outage. Lines are left out meanwhile, and counted in the log when it is back. */
export interface LogFailed {
  readonly reason: string;
}

/** An alert reached nobody after every try, and is given up. It is no alert itself. */
export interface AlertFailed {
  /** The event that it told of. */
  readonly alert: EventName;
  /** Host and port of its webhook: the rest of the URL may be a secret. */
  readonly to: string;
  readonly reason: string;
}

/** Every event of a client and what its listeners get. No payload holds a secret. */
export interface ClientEvents {
  'call-started': CallStarted;
  'call-finished': CallFinished;
  'call-failed': CallFailed;
  'attempt-finished': AttemptEnded;
  'attempt-failed': AttemptEnded;
  'key-held': KeyHeld;
  'key-invalidated': KeyInvalidated;
  'key-recovered': KeyRecovered;
  'group-learned': GroupLearned;
  'group-parted': GroupParted;
  'organization-learned': OrganizationLearned;
  'keys-exhausted': KeysExhausted;
  'keys-refresh-failed': KeysRefreshFailed;
  'route-changed': RouteChanged;
  'cache-hit': CacheHit;
  'cache-stored': CacheStored;
  'cache-failed': CacheFailed;
  'limit-near': LimitNear;
  'budget-near': BudgetNear;
  'budget-reached': BudgetReached;
  'log-failed': LogFailed;
  'alert-failed': AlertFailed;
}

/** The names of all events. */
export type EventName = keyof ClientEvents;

/** One event with its name, as `onEvent` of a call gets it. */
export type ClientEvent = { [Name in EventName]: { readonly name: Name } & ClientEvents[Name] }[EventName];

type Listener<Name extends EventName> = (payload: ClientEvents[Name]) => void;

/** Hands facts to listeners. A listener that throws harms nobody. */
export class Events {
  readonly #listeners = new Map<EventName, Set<(payload: never) => void>>();

  /** Returns the way to stop listening. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(name, listeners);
    }
    // A function passed twice must count twice, so each entry is its own.
    const entry: Listener<Name> = (payload) => listener(payload);
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  /** True when a payload is worth making. */
  hears(name: EventName): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit<Name extends EventName>(name: Name, payload: ClientEvents[Name]): void {
    const listeners = this.#listeners.get(name) as Set<Listener<Name>> | undefined;
    if (listeners === undefined) return;
    // Those that listen now: one that is added meanwhile waits for the next event, one that left is not called.
    for (const listener of Array.from(listeners)) if (listeners.has(listener)) quietly(() => listener(payload));
  }
}

/** Calls a listener of the user's: whatever it throws or rejects with stays its own. */
export function quietly(listen: () => unknown): void {
  try {
    const returned = listen();
    // Not `instanceof`: any promise library's rejection would be reported as unhandled.
    if (typeof returned === 'object' && returned !== null && 'then' in returned) Promise.resolve(returned).catch(() => {});
  } catch {
    // A listener's failure is not the call's.
  }
}

import type { Random } from '../clock.ts';
import { isObject, type Checker } from './check.ts';
import type { Fault, FaultKind } from './faults.ts';
import { matches } from './pattern.ts';
import { PROTOCOLS, type SimulatedProtocol } from './protocol.ts';

/** A fault that was planned. */
export interface FaultHandle {
  /** How often it has happened. */
  readonly played: number;
  /** It happens no more. */
  cancel(): void;
}

/** What a fault is matched with. */
export interface FaultTarget {
  readonly keyId: string | undefined;
  readonly secret: string | undefined;
  readonly groupId: string | undefined;
  readonly model: string;
  readonly path: string;
  readonly stream: boolean;
  readonly protocol: SimulatedProtocol;
}

/** A fault with what is left of it. */
interface Planned {
  readonly fault: Fault;
  left: number;
  toPass: number;
  played: number;
}

/** A fault that is due; it has not happened until it is taken. */
export interface DueFault {
  readonly fault: Fault;
  take(): void;
}

/** The faults to come. Scripted ones go before those by chance, each in the order they were added. */
export class FaultPlan {
  readonly #random: Random;
  readonly #startedAt: number;
  #planned: readonly Planned[] = [];

  constructor(random: Random, startedAt: number) {
    this.#random = random;
    this.#startedAt = startedAt;
  }

  add(fault: Fault): FaultHandle {
    const endless = fault.probability !== undefined || fault.untilMs !== undefined;
    const planned: Planned = { fault, left: fault.times ?? (endless ? Infinity : 1), toPass: fault.after ?? 0, played: 0 };
    const scripted = (entry: Planned): boolean => entry.fault.probability === undefined;
    const all = [...this.#planned, planned];
    this.#planned = [...all.filter(scripted), ...all.filter((entry) => !scripted(entry))];
    return {
      get played() {
        return planned.played;
      },
      cancel: () => this.#drop(planned),
    };
  }

  /** The first fault that meets this request. */
  next(target: FaultTarget, now: number): DueFault | undefined {
    for (const planned of this.#planned) {
      if (!fits(planned.fault, target) || !isOn(planned.fault, now - this.#startedAt)) continue;
      if (planned.toPass > 0) planned.toPass--;
      else if (this.#happens(planned.fault)) return { fault: planned.fault, take: () => this.#take(planned) };
    }
    return undefined;
  }

  #happens({ probability }: Fault): boolean {
    return probability === undefined || this.#random() < probability;
  }

  #take(planned: Planned): void {
    planned.played++;
    planned.left--;
    if (planned.left <= 0) this.#drop(planned);
  }

  #drop(planned: Planned): void {
    this.#planned = this.#planned.filter((entry) => entry !== planned);
  }
}

function isOn(fault: Fault, elapsedMs: number): boolean {
  return elapsedMs >= (fault.fromMs ?? 0) && elapsedMs < (fault.untilMs ?? Infinity);
}

function fits(fault: Fault, target: FaultTarget): boolean {
  if (fault.kind === 'stream_error' && !target.stream) return false;
  if (fault.key !== undefined && fault.key !== target.keyId && fault.key !== target.secret) return false;
  if (fault.group !== undefined && fault.group !== target.groupId) return false;
  if (fault.model !== undefined && !matches(fault.model, target.model)) return false;
  if (fault.path !== undefined && !matches(fault.path, target.path)) return false;
  if (fault.protocol !== undefined && fault.protocol !== target.protocol) return false;
  return fault.stream === undefined || fault.stream === target.stream;
}

const WHEN_FIELDS = ['times', 'probability', 'after', 'fromMs', 'untilMs', 'delayMs'] as const;
const MATCH_FIELDS = [...WHEN_FIELDS, 'key', 'group', 'model', 'path', 'stream', 'protocol'] as const;

/** The fields of each fault beside those of every fault. */
const FIELDS: Readonly<Record<FaultKind, readonly string[]>> = {
  status: ['status', 'body', 'headers'],
  rate_limit: ['retryAfterMs', 'hints', 'counts', 'per'],
  overloaded: ['retryAfterMs'],
  hang: [],
  reset: [],
  reset_after_headers: [],
  cut: ['afterChunks', 'how'],
  silence: ['afterChunks'],
  stream_error: ['afterChunks', 'error'],
  ok_error: ['error'],
  malformed: [],
  html: ['status'],
  drip: ['everyMs'],
  redirect: ['location', 'status'],
  pass: [],
};

/** Checks a fault that a user wrote; a script in plain JavaScript gets the same sentences as one in TypeScript. */
export function checkFault(check: Checker, name: string | number, value: Fault): Fault {
  const fault = check.object(name === '' ? 'fault' : name, value);
  const inner = check.at(name);
  const kind = inner.oneOf('kind', fault['kind'], Object.keys(FIELDS) as FaultKind[]);
  inner.known(fault, ['kind', ...MATCH_FIELDS, ...FIELDS[kind]]);
  for (const [field, given] of Object.entries(fault)) if (given !== undefined) checkField(inner, kind, field, given);
  if (kind === 'status') inner.number('status', fault['status'], { from: 200, to: 599, whole: true });
  if (kind === 'redirect') inner.text('location', fault['location']);
  return value;
}

function checkField(check: Checker, kind: FaultKind, field: string, value: unknown): void {
  switch (field) {
    case 'times':
      return void check.number(field, value, { from: 1, whole: true, endless: true });
    case 'probability':
      return void check.number(field, value, { from: 0, to: 1 });
    case 'after':
    case 'afterChunks':
      return void check.number(field, value, { from: 0, whole: true });
    case 'untilMs':
      return void check.number(field, value, { from: 0, endless: true });
    case 'fromMs':
    case 'delayMs':
    case 'retryAfterMs':
    case 'everyMs':
      return void check.number(field, value, { from: 0 });
    case 'key':
    case 'group':
    case 'model':
    case 'path':
      return void check.text(field, value);
    case 'stream':
      return void check.flag(field, value);
    case 'status':
      return void check.number(field, value, { whole: true, ...(kind === 'redirect' ? { from: 300, to: 399 } : { from: 200, to: 599 }) });
    case 'protocol':
      return void check.oneOf(field, value, PROTOCOLS);
    case 'hints':
      return void check.oneOf(field, value, ['header', 'body', 'both', 'none']);
    case 'counts':
      return void check.oneOf(field, value, ['requests', 'tokens']);
    case 'per':
      return void check.oneOf(field, value, ['min', 'day']);
    case 'how':
      return void check.oneOf(field, value, ['end', 'destroy']);
    case 'headers':
    case 'error':
      if (!isObject(value)) throw check.typeError(field, 'an object', value);
  }
}

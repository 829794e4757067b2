import { systemClock, type Clock } from '../clock.ts';
import type { BucketSettings } from './buckets.ts';
import { Checker } from './check.ts';
import type { ReplyFunction } from './content.ts';
import { checkFault } from './fault-plan.ts';
import type { Fault } from './faults.ts';
import { readLatency, type LatencySource } from './latency.ts';
import type { KeySettings } from './keys.ts';
import { readLimits } from './limits.ts';
import type { KeyState, SimulatorGroup, SimulatorOptions } from './options.ts';

/** The options, checked, with every default filled in. */
export interface Settings {
  readonly seed: number;
  readonly groups: readonly GroupSettings[];
  readonly chunks: number;
  readonly chunkMs: LatencySource;
  readonly reply: ReplyFunction | undefined;
  readonly faults: readonly Fault[];
  readonly models: readonly string[] | undefined;
  readonly clock: Clock;
  readonly requireKey: boolean;
  readonly record: number;
}

/** One group, checked, with every default filled in. */
export interface GroupSettings {
  readonly id: string;
  /** `undefined` is hidden. */
  readonly organization: string | undefined;
  readonly project: string | undefined;
  readonly keys: readonly KeySettings[];
  readonly buckets: readonly BucketSettings[];
  readonly concurrency: number;
  readonly latency: LatencySource;
  readonly refusedCount: boolean;
  readonly headers: 'always' | 'refused' | 'answered' | 'never';
  readonly headersAsOf: 'admission' | 'answer';
  readonly hints: Hints;
  readonly models: readonly string[] | undefined;
  readonly charge: 'max_tokens' | 'true';
  readonly settle: boolean;
}

/** Where a refusal says when to come back. */
export type Hints = 'header' | 'body' | 'both' | 'none';

const OPTION_FIELDS = ['seed', 'groups', 'latencyMs', 'stream', 'reply', 'faults', 'models', 'clock', 'requireKey', 'record'];
const LIMIT_FIELDS = ['limits', 'concurrency', 'refusedCount', 'hints', 'charge', 'settle'];
const GROUP_FIELDS = ['id', 'organization', 'project', 'keys', 'latencyMs', 'headers', 'headersAsOf', 'models', ...LIMIT_FIELDS];

/** Checks what a user gave and fills in the defaults. */
export function readSettings(options: SimulatorOptions): Settings {
  const check = new Checker('start the simulator');
  check.known(check.object('options', options), OPTION_FIELDS);
  if (options.reply !== undefined) check.callback('reply', options.reply);
  const groups = check.list('groups', options.groups ?? [{ keys: [] }]) as readonly SimulatorGroup[];
  const stream = check.object('stream', options.stream ?? {});
  check.at('stream').known(stream, ['chunks', 'chunkMs']);
  const latency = readLatency(check, 'latencyMs', options.latencyMs ?? 0);
  const settings: Settings = {
    seed: check.number('seed', options.seed ?? 1, { whole: true }),
    groups: groups.map((group, index) => readGroup(check.at('groups'), index, group, latency)),
    chunks: check.at('stream').number('chunks', stream['chunks'] ?? 8, { from: 1, whole: true }),
    chunkMs: readLatency(check.at('stream'), 'chunkMs', stream['chunkMs'] ?? 0),
    reply: options.reply,
    faults: check.list('faults', options.faults ?? []).map((fault, index) => checkFault(check.at('faults'), index, fault as Fault)),
    models: options.models === undefined ? undefined : check.texts('models', options.models),
    clock: options.clock ?? systemClock,
    requireKey: check.flag('requireKey', options.requireKey ?? options.groups !== undefined),
    record: check.number('record', options.record ?? 1000, { from: 0, whole: true, endless: true }),
  };
  if (settings.groups.length === 0) throw check.rangeError('groups', 'a list of at least one group', groups);
  refuseRepeats(check, settings.groups);
  return settings;
}

function readGroup(check: Checker, index: number, value: SimulatorGroup, shared: LatencySource): GroupSettings {
  const inner = check.at(index);
  inner.known(check.object(index, value), GROUP_FIELDS);
  const id = inner.text('id', value.id ?? `group-${index + 1}`);
  return {
    id,
    organization: value.organization === false ? undefined : inner.text('organization', value.organization ?? `org-${id}`),
    project: value.project === undefined ? undefined : inner.text('project', value.project),
    keys: inner.list('keys', value.keys).map((key, place) => readKey(inner.at('keys'), place, key)),
    buckets: value.limits === undefined ? [] : readLimits(inner.at('limits'), inner.object('limits', value.limits)),
    concurrency: inner.number('concurrency', value.concurrency ?? Infinity, { from: 1, whole: true, endless: true }),
    latency: value.latencyMs === undefined ? shared : readLatency(inner, 'latencyMs', value.latencyMs),
    refusedCount: inner.flag('refusedCount', value.refusedCount ?? false),
    headers: inner.oneOf('headers', value.headers ?? 'always', ['always', 'refused', 'answered', 'never']),
    headersAsOf: inner.oneOf('headersAsOf', value.headersAsOf ?? 'admission', ['admission', 'answer']),
    hints: inner.oneOf('hints', value.hints ?? 'both', ['header', 'body', 'both', 'none']),
    models: value.models === undefined ? undefined : inner.texts('models', value.models),
    charge: inner.oneOf('charge', value.charge ?? 'max_tokens', ['max_tokens', 'true']),
    settle: inner.flag('settle', value.settle ?? true),
  };
}

const STATES: readonly KeyState[] = ['ok', 'dead', 'spent', 'forbidden'];

function readKey(check: Checker, index: number, value: unknown): KeySettings {
  if (typeof value === 'string') {
    const secret = check.text(index, value);
    return { id: secret, secret, state: 'ok', changes: [] };
  }
  const key = check.object(index, value, 'a secret or an object with one');
  const inner = check.at(index);
  inner.known(key, ['secret', 'id', 'state', 'changes']);
  const secret = inner.text('secret', key['secret']);
  const changes = inner.list('changes', key['changes'] ?? []).map((entry, place) => {
    const change = inner.at('changes').object(place, entry);
    const here = inner.at('changes').at(place);
    return { atMs: here.number('atMs', change['atMs'], { from: 0 }), state: readState(here, change['state']) };
  });
  return {
    id: inner.text('id', key['id'] ?? secret),
    secret,
    state: readState(inner, key['state'] ?? 'ok'),
    changes: changes.toSorted((a, b) => a.atMs - b.atMs),
  };
}

/** Checks the name of a state. */
export function readState(check: Checker, value: unknown): KeyState {
  return check.oneOf('state', value, STATES);
}

function refuseRepeats(check: Checker, groups: readonly GroupSettings[]): void {
  const seen = new Set<string>();
  for (const [index, group] of groups.entries()) {
    for (const name of [`group ${group.id}`, ...group.keys.flatMap((key) => [`id ${key.id}`, `secret ${key.secret}`])]) {
      if (seen.has(name)) throw check.rangeError(`groups[${index}]`, 'different from the others in ids and secrets', group.id);
      seen.add(name);
    }
  }
}

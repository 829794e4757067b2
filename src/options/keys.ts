import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { GroupLimits } from '../pool/quota/limits.ts';
import type { KeyInput } from '../pool/keys/members.ts';
import { Secret } from '../secret.ts';
import type { Auth } from '../wire/types.ts';
import { type BudgetPlace, resolveBudget } from './budgets.ts';
import { resolveLimits } from './limits.ts';
import { checkKeyOptions } from './schema.ts';
import type { KeyOptions } from './types.ts';

/** What a header can carry: printable ASCII without spaces. */
const KEY_TEXT = /^[\u0021-\u007e]+$/;

/**
 * What a provider of AWS takes: an access key whose parts are one text, each without a colon, or a bearer key, which has none. An id alone is
 * an access key whose secret was forgotten. `wire/` reads the same form.
 */
const AWS_KEY = /^(?:[A-Z0-9]{16,128}:[^:]+(?::[^:]+)?|(?!(?:AKIA|ASIA)[A-Z0-9]{12,124}$)[^:]+)$/;

/** Shorter texts are placeholders for servers that take any key, and parts of ordinary words. */
const SECRET_FROM_LENGTH = 8;

/** `Date` reads nearly anything ("key 5" is in May 2001), so its texts are looked at first. */
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** Where a key was given, for messages. */
export interface KeyPlace {
  readonly provider: string;
  /** `create the client`, `add the key`. */
  readonly task: string;
  /** Limits of groups whose keys name none. */
  readonly limits: GroupLimits;
  /** How the provider wants its keys shown. @default 'header' */
  readonly auth?: Auth['kind'];
  /** Anything has a price, so that budgets may be in USD. @default true */
  readonly priced?: boolean;
}

/** Keys as they were given, one by one, checked; an equal text given twice without an id of its own is one key. */
export function resolveKeys(given: unknown, place: KeyPlace): readonly KeyInput[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const inputs = new Map<string, KeyInput>();
  for (const [index, key] of list.entries()) {
    const input = resolveKey(
      key,
      Array.isArray(given) ? `providers.${place.provider}.keys.${index}` : `providers.${place.provider}.keys`,
      place,
    );
    const twin = inputs.get(input.id);
    if (twin !== undefined && !(typeof key === 'string' && twin.secret !== undefined && input.secret?.equals(twin.secret) === true)) {
      throw new ConfigError(`Cannot ${place.task} as ids of keys are unique in a client: current value is '${input.id}' twice`);
    }
    if (twin === undefined) inputs.set(input.id, input);
  }
  assertOneEach(inputs.values(), place.task);
  assertAlike(inputs.values(), place.task);
  return [...inputs.values()];
}

// The pool says the same of keys that are added later; a list is checked before any of it is taken.

/** Two ids for one secret would count its quota twice. */
function assertOneEach(inputs: Iterable<KeyInput>, task: string): void {
  const ids = new Map<string, KeyInput>();
  for (const input of inputs) {
    const { secret, id } = input;
    if (secret === undefined) continue;
    const twin = ids.get(secret.fingerprint);
    if (twin?.secret?.equals(secret) === true) {
      throw new ConfigError(
        `Cannot ${task} as a secret belongs to one key of a provider: current value of '${twin.id}' and '${id}' is the same`,
      );
    }
    ids.set(secret.fingerprint, input);
  }
}

function assertAlike(inputs: Iterable<KeyInput>, task: string): void {
  const limits = new Map<string, string>();
  for (const input of inputs) {
    const own = JSON.stringify(input.limits);
    const others = limits.get(input.group) ?? own;
    limits.set(input.group, others);
    if (own === others) continue;
    throw new ConfigError(
      `Cannot ${task} as limits belong to the group, and keys of one group must name the same: current value of '${input.id}' differs from that of group '${input.group}'`,
    );
  }
}

/** `path` names the key in messages, as its text must not. */
export function resolveKey(given: unknown, path: string, place: KeyPlace): KeyInput {
  const options = toOptions(given, path, place.task);
  if (!KEY_TEXT.test(options.secret)) {
    throw new ConfigError(
      `Cannot ${place.task} as '${path}' must be a key without spaces, line breaks and other characters that a header cannot carry: current value is ${describe(options.secret)}`,
    );
  }
  if (place.auth === 'aws' && !AWS_KEY.test(options.secret)) {
    throw new ConfigError(
      `Cannot ${place.task} as '${path}' must be ACCESS_KEY_ID:SECRET_ACCESS_KEY, ACCESS_KEY_ID:SECRET_ACCESS_KEY:SESSION_TOKEN or a bearer key: current value is ${describe(options.secret)}`,
    );
  }
  for (const name of ['id', 'group'] as const) {
    if (options.secret.length < SECRET_FROM_LENGTH || options[name]?.includes(options.secret) !== true) continue;
    throw new ConfigError(
      `Cannot ${place.task} as '${path}.${name}' must not hold the key itself, since it is printed: current value is not shown`,
    );
  }
  const secret = new Secret(options.secret);
  const id = options.id ?? `${place.provider}-${secret.fingerprint}`;
  return {
    id,
    secret,
    group: options.group ?? id,
    declared: options.group !== undefined,
    weight: options.weight ?? 1,
    models: options.models,
    expiresAt: toInstant(options.expiresAt, path, place.task),
    limits: options.limits === undefined ? place.limits : resolveLimits(options.limits),
    ...(options.budget === undefined ? {} : { budgets: resolveBudget(options.budget, `${path}.budget`, priced(place)) }),
  };
}

function priced({ task, priced: isPriced = true }: KeyPlace): BudgetPlace {
  return { task, priced: isPriced };
}

/** The one pseudo-key of a provider that needs none. */
export function keylessInput(provider: string, limits: GroupLimits): KeyInput {
  const id = `${provider}-keyless`;
  return { id, secret: undefined, group: id, declared: false, weight: 1, models: undefined, expiresAt: undefined, limits };
}

function toOptions(given: unknown, path: string, task: string): KeyOptions {
  if (typeof given === 'string') {
    if (given === '') throw new ConfigError(`Cannot ${task} as '${path}' must be a key: current value is ""`);
    return { secret: given };
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigError(`Cannot ${task} as '${path}' must be a key or { secret, … }: current value is ${toShown(given)}`);
  }
  return checkKeyOptions(given, `${task} with '${path}'`);
}

/** A key that cannot be one is still not shown: half of it may be a key. */
function describe(text: string): string {
  return `a string of ${text.length} characters${/[\r\n]/.test(text) ? ' with a line break' : ''}`;
}

function toInstant(given: KeyOptions['expiresAt'], path: string, task: string): number | undefined {
  if (given === undefined) return undefined;
  const instant = typeof given === 'string' && !ISO_DATE.test(given) ? Number.NaN : new Date(given).getTime();
  if (Number.isNaN(instant)) {
    throw new ConfigError(
      `Cannot ${task} as '${path}.expiresAt' must be a date, its ISO text or epoch ms: current value is ${toShown(given)}`,
    );
  }
  return instant;
}

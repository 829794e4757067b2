import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { suggest } from './suggest.ts';
import type { CallOptions, ClientOptions, KeyOptions } from './types.ts';

// Each message completes "Cannot create the client as 'x' must be …".
const text = v.pipe(v.string('a string'), v.minLength(1, 'a non-empty string'));
const positive = v.pipe(v.number('a number above 0'), v.gtValue(0, 'a number above 0'));
const duration = v.pipe(v.number('a number of ms from 0'), v.minValue(0, 'a number of ms from 0'));
const countFrom1 = v.pipe(v.number('an integer from 1'), v.integer('an integer from 1'), v.minValue(1, 'an integer from 1'));
const countFrom0 = v.pipe(v.number('an integer from 0'), v.integer('an integer from 0'), v.minValue(0, 'an integer from 0'));
const finite = v.pipe(v.number('a finite number'), v.finite('a finite number'));
const words = v.record(v.string(), v.string('a string'), 'an object of strings');
const texts = v.array(text, 'an array of strings');
const callable = v.function('a function');

const bucket = v.strictObject(
  {
    counts: v.picklist(['requests', 'tokens', 'input', 'output'], "'requests', 'tokens', 'input' or 'output'"),
    limit: positive,
    windowMs: v.pipe(positive, v.finite('a finite number')),
    burst: v.optional(positive),
    kind: v.optional(v.picklist(['refill', 'fixed', 'sliding'], "'refill', 'fixed' or 'sliding'")),
    models: v.optional(texts),
  },
  'a bucket',
);

const limits = v.strictObject(
  {
    rpm: v.optional(positive),
    tpm: v.optional(positive),
    rpd: v.optional(positive),
    tpd: v.optional(positive),
    concurrency: v.optional(countFrom1),
    minTimeMs: v.optional(duration),
    buckets: v.optional(v.array(bucket, 'an array of buckets')),
  },
  'an object of limits',
);

const key = v.strictObject(
  {
    secret: text,
    id: v.optional(text),
    group: v.optional(text),
    weight: v.optional(v.pipe(positive, v.finite('a finite number'))),
    models: v.optional(texts),
    expiresAt: v.optional(v.union([text, finite, v.date()], 'a date, its ISO text or epoch ms')),
    limits: v.optional(limits),
  },
  'a key',
);

const provider = v.strictObject(
  {
    protocol: v.optional(v.picklist(['openai'], "'openai'")),
    baseURL: v.optional(text),
    // What keys are is told key by key, so that no message can show one.
    keys: v.optional(v.unknown()),
    limits: v.optional(limits),
    refreshMs: v.optional(positive),
    headers: v.optional(words),
    query: v.optional(words),
    organization: v.optional(text),
    project: v.optional(text),
    region: v.optional(text),
    location: v.optional(text),
    apiVersion: v.optional(text),
  },
  'an object of provider options',
);

const cache = v.strictObject(
  {
    store: v.optional(having(['get', 'set', 'delete'], 'a Keyv store')),
    ttlMs: v.optional(positive),
    staleMs: v.optional(duration),
    staleAfterMs: v.optional(duration),
    maxEntries: v.optional(countFrom1),
    maxBytes: v.optional(countFrom1),
    namespace: v.optional(text),
  },
  'a boolean or an object of cache options',
);

const client = v.strictObject(
  {
    providers: v.optional(v.record(text, provider, 'an object of providers')),
    models: v.optional(v.record(text, v.union([text, v.pipe(texts, v.minLength(1, 'a target or a non-empty array of targets'))], 'a target or a non-empty array of targets'), 'an object of aliases')),
    cache: v.optional(v.union([v.boolean(), cache], 'a boolean or an object of cache options')),
    retry: v.optional(
      v.strictObject({ attempts: v.optional(countFrom1), timeoutMs: v.optional(positive), maxWaitMs: v.optional(duration) }, 'an object of retry options'),
    ),
    maxRotations: v.optional(countFrom0),
    connectTimeoutMs: v.optional(positive),
    firstTokenTimeoutMs: v.optional(positive),
    idleTimeoutMs: v.optional(positive),
    fallbackAfterMs: v.optional(duration),
    dispatcher: v.optional(having(['dispatch'], 'an undici dispatcher')),
    fetch: v.optional(callable),
    clock: v.optional(having(['now', 'after'], 'a clock')),
    random: v.optional(callable),
    env: v.optional(v.record(v.string(), v.optional(v.string()), 'an object of strings')),
  },
  'an object of options',
);

const call = v.strictObject(
  {
    signal: v.optional(v.instance(AbortSignal, 'an AbortSignal')),
    timeoutMs: v.optional(positive),
    attemptTimeoutMs: v.optional(positive),
    maxWaitMs: v.optional(duration),
    cache: v.optional(v.union([v.literal(false), v.literal('refresh'), v.literal('only'), v.strictObject({ ttlMs: positive })], "false, 'refresh', 'only' or { ttlMs }")),
    priority: v.optional(finite),
    tenant: v.optional(text),
    affinity: v.optional(text),
    groups: v.optional(texts),
    keys: v.optional(texts),
    tags: v.optional(words),
    onEvent: v.optional(callable),
  },
  'an object of call options',
);

const close = v.strictObject({ timeoutMs: v.optional(duration) }, 'an object of options');

type Issue = v.BaseIssue<unknown>;

/** An object of the user's own with these methods, as it is: valibot's object schemas make copies, which are no longer of its class. */
function having(methods: readonly string[], what: string): v.GenericSchema {
  const has = (value: object, method: string): boolean => typeof Reflect.get(value, method) === 'function';
  return v.custom((value) => typeof value === 'object' && value !== null && methods.every((method) => has(value, method)), what);
}

/** Throws `ConfigError` naming the option, the reason and the current value; an unknown option comes with a suggestion. */
export function checkClientOptions(options: unknown): ClientOptions {
  return check(client, options, 'create the client') as ClientOptions;
}

export function checkCallOptions(options: unknown): CallOptions {
  return check(call, options, 'start the call') as CallOptions;
}

export function checkKeyOptions(options: unknown, task: string): KeyOptions {
  return check(key, options, task) as KeyOptions;
}

export function checkCloseOptions(options: unknown): { readonly timeoutMs?: number | undefined } {
  return check(close, options, 'close the client');
}

function check<Output>(schema: v.GenericSchema<unknown, Output>, value: unknown, task: string): Output {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = innermost(result.issues[0], []);
  throw new ConfigError(explain(task, schema, issue));
}

interface Found {
  readonly issue: Issue;
  readonly path: readonly string[];
}

/** A union's own issue says little: the one inside a branch that got further names the option. */
function innermost(issue: Issue, before: readonly string[]): Found {
  const path = [...before, ...(issue.path ?? []).map((item) => String(item.key))];
  const inner = issue.issues?.find((candidate) => candidate.path !== undefined);
  return inner === undefined ? { issue, path } : innermost(inner, path);
}

function explain(task: string, schema: unknown, { issue, path }: Found): string {
  const name = path.join('.');
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = entriesAt(schema, path.slice(0, -1));
    const meant = suggest(path.at(-1) ?? '', known);
    return `Cannot ${task} as '${name}' is no known option: ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean '${meant}'?`}`;
  }
  if (issue.type === 'strict_object' && issue.input === undefined && path.length > 0) return `Cannot ${task} as '${name}' is missing`;
  // The text of a key must not show in an error about it.
  const shown = path.at(-1) === 'secret' ? `a ${typeof issue.input}` : toShown(issue.input);
  return `Cannot ${task} as ${name === '' ? 'the options' : `'${name}'`} must be ${issue.message}: current value is ${shown}`;
}

/** The option names of the schema at `path`, found by walking valibot's own description of itself. */
function entriesAt(schema: unknown, path: readonly string[]): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if ('wrapped' in schema) return entriesAt(schema.wrapped, path);
  if ('options' in schema && Array.isArray(schema.options)) return schema.options.flatMap((option: unknown) => entriesAt(option, path));
  const [first, ...rest] = path;
  if ('entries' in schema && typeof schema.entries === 'object' && schema.entries !== null) {
    const entries: Record<string, unknown> = { ...schema.entries };
    return first === undefined ? Object.keys(entries) : entriesAt(entries[first], rest);
  }
  if ('item' in schema) return entriesAt(schema.item, rest);
  return 'value' in schema && first !== undefined ? entriesAt(schema.value, rest) : [];
}

import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import type { FailureClass, Scope } from '../failure.ts';
import { protocols } from '../providers/known.ts';
import { explain } from './explain.ts';
import type { CallOptions, ClientOptions, KeyOptions } from './types.ts';

// Each message completes "Cannot create the client as 'x' must be …".
const text = v.pipe(v.string('a string'), v.minLength(1, 'a non-empty string'));
const positive = v.pipe(v.number('a number above 0'), v.gtValue(0, 'a number above 0'));
// A bucket that holds less than one request or token would let nothing pass, ever.
const amount = v.pipe(v.number('a number from 1'), v.minValue(1, 'a number from 1'));
const duration = v.pipe(v.number('a number of ms from 0'), v.minValue(0, 'a number of ms from 0'));
const countFrom1 = v.pipe(v.number('an integer from 1'), v.integer('an integer from 1'), v.minValue(1, 'an integer from 1'));
const countFrom0 = v.pipe(v.number('an integer from 0'), v.integer('an integer from 0'), v.minValue(0, 'an integer from 0'));
const finite = v.pipe(v.number('a finite number'), v.finite('a finite number'));
const texts = v.array(text, 'an array of strings');
const SHARES = 'an array of numbers above 0 and below 1';
const share = v.pipe(v.number(SHARES), v.gtValue(0, SHARES), v.ltValue(1, SHARES));
const PROTOCOLS = Object.keys(protocols);
const callable = v.function('a function');
/** Names that valibot leaves out of a record. */
const RESERVED = ['__proto__', 'prototype', 'constructor'];
const words = table(v.string('a string'), 'an object of strings');

const bucket = options(
  {
    counts: v.picklist(['requests', 'tokens', 'input', 'output'], "'requests', 'tokens', 'input' or 'output'"),
    limit: amount,
    windowMs: v.pipe(positive, v.finite('a finite number')),
    burst: v.optional(amount),
    kind: v.optional(v.picklist(['refill', 'fixed', 'sliding'], "'refill', 'fixed' or 'sliding'")),
    models: v.optional(texts),
  },
  'a bucket',
);

const limits = options(
  {
    rpm: v.optional(amount),
    tpm: v.optional(amount),
    rpd: v.optional(amount),
    tpd: v.optional(amount),
    concurrency: v.optional(v.pipe(v.number('an integer from 1'), v.check(isCountOrInfinity, 'an integer from 1'))),
    minTimeMs: v.optional(v.pipe(duration, v.finite('a finite number'))),
    buckets: v.optional(v.array(bucket, 'an array of buckets')),
  },
  'an object of limits',
);

const key = options(
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

const provider = options(
  {
    protocol: v.optional(
      v.picklist(
        PROTOCOLS,
        `${PROTOCOLS.slice(0, -1)
          .map((name) => `'${name}'`)
          .join(', ')} or '${PROTOCOLS.at(-1)}'`,
      ),
    ),
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

const cache = options(
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

const CLASSES: Readonly<Record<FailureClass, true>> = {
  rate_limited: true,
  quota_exhausted: true,
  key_invalid: true,
  key_forbidden: true,
  model_unavailable: true,
  overloaded: true,
  server_error: true,
  timeout: true,
  network: true,
  bad_request: true,
  request_too_large: true,
  context_length: true,
  content_filtered: true,
  bad_output: true,
  aborted: true,
};
const SCOPES: Readonly<Record<Scope, true>> = { key: true, group: true, org: true, route: true, provider: true, request: true };
const STATUS = 'an HTTP status or an array of them';
const status = v.pipe(v.number(STATUS), v.integer(STATUS), v.minValue(200, STATUS), v.maxValue(599, STATUS));

const rule = options(
  {
    provider: v.optional(text),
    status: v.optional(v.union([status, v.pipe(v.array(status, STATUS), v.minLength(1, STATUS))], STATUS)),
    match: v.optional(v.union([text, v.custom<RegExp>(isPattern, 'a pattern')], 'a non-empty string or a RegExp')),
    class: oneOf(CLASSES),
    scope: v.optional(oneOf(SCOPES)),
    holdMs: v.optional(v.pipe(duration, v.finite('a finite number'))),
  },
  'a rule',
);

const retry = options(
  {
    attempts: v.optional(countFrom1),
    timeoutMs: v.optional(positive),
    maxWaitMs: v.optional(duration),
    invalidOutput: v.optional(countFrom0),
  },
  'an object of retry options',
);

const TARGETS = 'a target or a non-empty array of targets';
const price = v.pipe(v.number('a number of USD from 0'), v.minValue(0, 'a number of USD from 0'), v.finite('a finite number'));
const target = options(
  {
    model: text,
    weight: v.optional(v.pipe(positive, v.finite('a finite number'))),
    price: v.optional(options({ input: price, output: price }, 'an object { input, output }')),
  },
  'an object of target options',
);
const alias = options(
  {
    targets: v.pipe(v.array(v.union([text, target], 'a target'), 'an array of targets'), v.minLength(1, 'a non-empty array of targets')),
    balance: v.optional(v.picklist(['order', 'cost', 'latency', 'weight'], "'order', 'cost', 'latency' or 'weight'")),
  },
  TARGETS,
);

const client = options(
  {
    providers: v.optional(table(provider, 'an object of providers')),
    models: v.optional(table(v.union([text, v.pipe(texts, v.minLength(1, TARGETS)), alias], TARGETS), 'an object of aliases')),
    cache: v.optional(v.union([v.boolean(), cache], 'a boolean or an object of cache options')),
    retry: v.optional(retry),
    rules: v.optional(v.array(rule, 'an array of rules')),
    maxRotations: v.optional(countFrom0),
    connectTimeoutMs: v.optional(positive),
    firstTokenTimeoutMs: v.optional(positive),
    idleTimeoutMs: v.optional(positive),
    fallbackAfterMs: v.optional(duration),
    limitNear: v.optional(v.array(share, SHARES)),
    dispatcher: v.optional(having(['dispatch'], 'an undici dispatcher')),
    fetch: v.optional(callable),
    clock: v.optional(having(['now', 'after'], 'a clock')),
    random: v.optional(callable),
    env: v.optional(v.record(v.string(), v.optional(v.string('a string')), 'an object of strings')),
  },
  'an object of options',
);

const CACHE_MODES = "false, 'refresh', 'only' or { ttlMs }";

// Not `instanceof`: a signal of another realm or runtime is one too.
const signal = having(['addEventListener', 'removeEventListener', 'throwIfAborted'], 'an AbortSignal');

const callEntries = {
  timeoutMs: v.optional(positive),
  attemptTimeoutMs: v.optional(positive),
  maxWaitMs: v.optional(duration),
  cache: v.optional(
    v.union([v.literal(false), v.literal('refresh'), v.literal('only'), options({ ttlMs: positive }, CACHE_MODES)], CACHE_MODES),
  ),
  priority: v.optional(finite),
  tenant: v.optional(text),
  affinity: v.optional(text),
  groups: v.optional(texts),
  keys: v.optional(texts),
  hedge: v.optional(options({ afterMs: duration }, 'an object { afterMs }')),
  resume: v.optional(v.boolean('a boolean')),
  tags: v.optional(words),
  onEvent: v.optional(callable),
};

const CALL = 'an object of call options';
const call = options({ signal: v.optional(signal), ...callEntries }, CALL);

const mapping = options(
  {
    concurrency: v.optional(countFrom1),
    ordered: v.optional(v.boolean('a boolean')),
    onProgress: v.optional(callable),
    signal: v.optional(signal),
    resume: v.optional(options({ file: text, id: callable, replies: v.optional(v.boolean('a boolean')) }, 'an object { file, id }')),
    callOptions: v.optional(v.union([callable, options(callEntries, CALL)], `${CALL} without 'signal', or a function`)),
  },
  'an object of options',
);

const close = options({ timeoutMs: v.optional(duration) }, 'an object of options');

/** Throws `ConfigError` naming the option, the reason and the current value; an unknown option comes with a suggestion. */
export function checkClientOptions(given: unknown): ClientOptions {
  return check(client, given, 'create the client') as ClientOptions;
}

export function checkCallOptions(given: unknown): CallOptions {
  return check(call, given, 'start the call') as CallOptions;
}

export function checkMapOptions(given: unknown): object {
  return check(mapping, given, 'map the items');
}

export function checkKeyOptions(given: unknown, task: string): KeyOptions {
  return check(key, given, task);
}

export function checkCloseOptions(given: unknown): { readonly timeoutMs?: number | undefined } {
  return check(close, given, 'close the client');
}

function check<Output>(schema: v.GenericSchema<unknown, Output>, value: unknown, task: string): Output {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  throw new ConfigError(explain(task, schema, result.issues[0], { ofKey: Object.is(schema, key) }));
}

/** An object of known options. Valibot alone would take an array for one without any. */
function options<Entries extends v.ObjectEntries>(entries: Entries, what: string) {
  return v.pipe(
    v.unknown(),
    v.check((value) => typeof value === 'object' && value !== null && !Array.isArray(value), what),
    v.strictObject(entries, what),
  );
}

/** An object of names that the user chose. Valibot alone would leave out the names below without a word, and take a `Map` for an empty one. */
function table<Value extends v.GenericSchema>(value: Value, what: string) {
  return v.pipe(
    v.unknown(),
    v.check(isPlain, what),
    v.check((given) => !RESERVED.some((name) => Object.hasOwn(given as object, name)), `${what} without the names ${RESERVED.join(', ')}`),
    v.record(text, value, what),
  );
}

/** A literal, or what JSON gives, of this realm or another. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** An object of the user's own with these methods, as it is: valibot's object schemas make copies, which are no longer of its class. */
function having(methods: readonly string[], what: string): v.GenericSchema {
  const has = (value: object, method: string): boolean => typeof Reflect.get(value, method) === 'function';
  return v.custom((value) => typeof value === 'object' && value !== null && methods.every((method) => has(value, method)), what);
}

/** A pattern of another realm is one, too. */
function isPattern(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object RegExp]';
}

/** One of a table's names, with the most likely one in mind for who misspells it. */
function oneOf<Name extends string>(names: Readonly<Record<Name, true>>) {
  const known = Object.keys(names) as Name[];
  return v.picklist(known, `one of ${known.map((name) => `'${name}'`).join(', ')}`);
}

function isCountOrInfinity(value: number): boolean {
  return value === Infinity || (Number.isInteger(value) && value >= 1);
}

import { ConfigError } from '../errors.ts';
import type { FailureClass, Scope } from '../failure.ts';
import { protocols } from '../providers/known.ts';
import {
  amount,
  callable,
  countFrom0,
  countFrom1,
  duration,
  finite,
  having,
  isCountOrInfinity,
  isPattern,
  oneOf,
  options,
  positive,
  share,
  SHARES,
  table,
  text,
  texts,
  words,
  v,
} from './checks.ts';
import { explain } from './explain.ts';
import { alerts, log } from './schema-telling.ts';
import { budget, budgets, prices } from './schema-usage.ts';
import type { CallOptions, ClientOptions, KeyOptions } from './types.ts';

const PROTOCOLS = Object.keys(protocols);

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
    budget: v.optional(budget),
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
    prices: v.optional(prices),
    budgets: v.optional(budgets),
    log: v.optional(log),
    alerts: v.optional(alerts),
    fetchUnknown: v.optional(v.picklist(['pass', 'refuse'], "'pass' or 'refuse'")),
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

const DAYS = 'a number of days from 0';
const unused = options({ days: v.optional(v.pipe(v.number(DAYS), v.minValue(0, DAYS), v.finite(DAYS))) }, 'an object { days }');

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

export function checkUnusedOptions(given: unknown): { readonly days?: number | undefined } {
  return check(unused, given, 'list the unused keys');
}

export function checkCloseOptions(given: unknown): { readonly timeoutMs?: number | undefined } {
  return check(close, given, 'close the client');
}

function check<Output>(schema: v.GenericSchema<unknown, Output>, value: unknown, task: string): Output {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  throw new ConfigError(explain(task, schema, result.issues[0], { ofKey: Object.is(schema, key) }));
}

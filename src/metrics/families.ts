import type { KeySnapshot } from '../pool/keys/snapshot.ts';
import type { Described, Family, Labels, Sample } from './family.ts';
import { summarize } from './keys.ts';
import type { Series } from './series.ts';

/** How a client stands at the moment: read at a scrape, never by a call. */
export interface Standing {
  /** Those of the options, also such as have no key now. */
  readonly providers: readonly string[];
  readonly keys: readonly KeySnapshot[];
  /** Calls under way, those that wait included. */
  readonly calls: number;
  /** Calls that wait for a key. */
  readonly waiting: number;
}

type Shape = readonly [name: string, help: string];

const COUNTERS = {
  calls: ['keywheel_calls_total', 'Calls that are over, by how they ended.'],
  attempts: ['keywheel_attempts_total', 'Attempts that are over, by what their end was taken for: ok, or why a key or provider refused.'],
  tokens: ['keywheel_tokens_total', 'Tokens that attempts used; cached and cache_write are parts of input, reasoning is a part of output.'],
  cost: ['keywheel_cost_usd_total', 'What attempts cost, USD, as far as their prices are known.'],
  cache: ['keywheel_cache_results_total', 'Calls that the cache took part in, by what it had.'],
} as const satisfies Record<string, Shape>;

const HISTOGRAMS = {
  duration: ['keywheel_call_duration_seconds', 'From the start of a call to its last byte or its failure.'],
  firstToken: ['keywheel_first_token_seconds', 'From the start of a call to the first content of its stream.'],
  wait: ['keywheel_wait_seconds', 'How long a call waited: for keys, places and back-offs.'],
} as const satisfies Record<string, Shape>;

/** What was counted since the client was made. */
export function countedFamilies(all: readonly Series[]): Family[] {
  const counter = (shape: Shape, samples: (series: Series) => Sample[]): Family => {
    return { ...described(shape, 'counter', 'sum'), samples: all.flatMap(samples) };
  };
  const histogram = (shape: Shape, samples: (series: Series, name: string) => Sample[]): Family => {
    return { ...described(shape, 'histogram', 'sum'), samples: all.flatMap((series) => samples(series, shape[0])) };
  };
  return [
    counter(COUNTERS.calls, ({ labels, calls }) => each(labels, 'outcome', calls)),
    counter(COUNTERS.attempts, ({ labels, attempts }) => each(labels, 'class', attempts)),
    counter(COUNTERS.tokens, ({ labels, tokens }) => each(labels, 'kind', tokens)),
    counter(COUNTERS.cost, ({ labels, costUsd }) => (costUsd === undefined ? [] : [{ labels, value: costUsd }])),
    counter(COUNTERS.cache, ({ labels, cache }) => each(labels, 'status', cache)),
    histogram(HISTOGRAMS.duration, ({ labels, answered, failed }, name) => [
      ...(answered?.samples(name, { ...labels, answered: 'true' }) ?? []),
      ...(failed?.samples(name, { ...labels, answered: 'false' }) ?? []),
    ]),
    histogram(HISTOGRAMS.firstToken, ({ labels, firstToken }, name) => firstToken?.samples(name, labels) ?? []),
    histogram(HISTOGRAMS.wait, ({ labels, waited }, name) => waited?.samples(name, labels) ?? []),
  ];
}

/** How keys and calls stand now. */
export function presentFamilies({ providers, keys, calls, waiting }: Standing): Family[] {
  const { states, holds, inFlight, buckets, omitted } = summarize(keys, providers);
  const limits = buckets.map(({ provider, group, model, counts, windowMs, limit, remaining }) => {
    return { labels: { provider, group, model, counts, window: `${windowMs / 1000}s` }, limit, remaining };
  });
  const gauge = (name: string, help: string, aggregator: Described['aggregator'], samples: readonly Sample[]): Family => {
    return { ...described([name, help], 'gauge', aggregator), samples };
  };
  const only = (value: number): Sample[] => [{ labels: {}, value }];
  return [
    gauge(
      'keywheel_keys',
      'Keys, by their state.',
      'max',
      states.map((told) => ({ labels: { provider: told.provider, state: told.is }, value: told.keys })),
    ),
    gauge(
      'keywheel_holds',
      'Keys that are held for one model or for all, by why.',
      'max',
      holds.map((told) => ({ labels: { provider: told.provider, class: told.is }, value: told.keys })),
    ),
    gauge('keywheel_calls_in_flight', 'Calls under way, those that wait included.', 'sum', only(calls)),
    gauge('keywheel_calls_waiting', 'Calls that wait for a key.', 'sum', only(waiting)),
    gauge(
      'keywheel_attempts_in_flight',
      'Attempts under way.',
      'sum',
      inFlight.map(({ provider, attempts }) => ({ labels: { provider }, value: attempts })),
    ),
    gauge(
      'keywheel_bucket_remaining',
      'What is left of a limit of a group; below 0 when more was spent than allowed.',
      'min',
      limits.map(({ labels, remaining }) => ({ labels, value: remaining })),
    ),
    gauge(
      'keywheel_bucket_limit',
      'How many a window.',
      'max',
      limits.map(({ labels, limit }) => ({ labels, value: limit })),
    ),
    gauge('keywheel_buckets_omitted', 'Limits beyond the first 500, which have no series.', 'max', only(omitted)),
  ];
}

/** Every metric that there is, in the order of the text. */
export const DESCRIBED: readonly Described[] = [
  ...countedFamilies([]),
  ...presentFamilies({ providers: [], keys: [], calls: 0, waiting: 0 }),
];

function described([name, help]: Shape, type: Described['type'], aggregator: Described['aggregator']): Described {
  return { name, help, type, aggregator };
}

function each(labels: Labels, by: string, counts: ReadonlyMap<string, number>): Sample[] {
  return [...counts].map(([is, value]) => ({ labels: { ...labels, [by]: is }, value }));
}

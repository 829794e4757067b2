import type { Reading } from '../../buckets.ts';
import type { Readings } from '../../quota.ts';
import { randomHex } from '../../random.ts';
import { readBearer, readHeader } from '../keys.ts';
import type { AnswerFacts, Headers, Route, Tongue } from '../tongue.ts';
import { complain } from './complain.ts';
import { API_ERROR, refuse, toError } from './errors.ts';
import { read } from './read.ts';
import { writeChat, writeStream } from './write.ts';

const ROUTES: Readonly<Record<string, Route>> = {
  '/v1/messages': { method: 'POST', wanted: 'chat' },
  '/v1/models': { method: 'GET', wanted: 'models' },
};

/** Messages and models as Anthropic speaks them. It has no embeddings. */
export const anthropic: Tongue = {
  name: 'anthropic',
  route: ({ path }) => (Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined),
  readKey: (incoming) => readHeader(incoming, 'x-api-key') ?? readBearer(incoming),
  read,
  complain,
  requestId: (random) => `req_${randomHex(random, 24)}`,
  replyId: (random) => `msg_${randomHex(random, 24)}`,
  headers: toHeaders,
  rateHeaders: toRateHeaders,
  refuse,
  okError: (error) => toError(error ?? API_ERROR),
  streamError: (error) => [[{ event: 'error', data: toError(error ?? API_ERROR) }]],
  writeChat,
  writeStream,
  writeEmbeddings: () => ({}),
  writeModels: (names) => {
    const data = names.map((id) => ({ type: 'model', id, display_name: id, created_at: '2025-01-01T00:00:00Z' }));
    return { data, has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null };
  },
};

/** Who was served. */
function toHeaders({ requestId, group }: AnswerFacts): Headers {
  return {
    'request-id': requestId,
    ...(group?.organization === undefined ? {} : { 'anthropic-organization-id': group.organization }),
    ...(group?.project === undefined ? {} : { 'anthropic-workspace-id': group.project }),
  };
}

function toRateHeaders(readings: Readings, now: number): Headers {
  return {
    ...toThree('requests', readings.requests, now),
    ...toThree('tokens', readings.tokens, now),
    ...toThree('input-tokens', readings.input, now),
    ...toThree('output-tokens', readings.output, now),
  };
}

/** Resets are instants, in whole seconds: rounded up, as who comes back then must not be too early. */
function toThree(name: string, reading: Reading | undefined, now: number): Headers {
  if (reading === undefined) return {};
  const reset = new Date(Math.ceil((now + reading.resetMs) / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  return {
    [`anthropic-ratelimit-${name}-limit`]: String(reading.limit),
    [`anthropic-ratelimit-${name}-remaining`]: String(name === 'requests' ? reading.remaining : round(reading)),
    [`anthropic-ratelimit-${name}-reset`]: reset,
  };
}

/** Tokens are told in thousands; small limits, which only tests have, are told as they are. */
function round({ limit, remaining }: Reading): number {
  return limit < 10_000 ? remaining : Math.round(remaining / 1000) * 1000;
}

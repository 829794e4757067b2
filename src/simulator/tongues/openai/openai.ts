import type { Reading } from '../../buckets.ts';
import { formatGoDuration } from '../../durations.ts';
import { randomHex } from '../../random.ts';
import { readBearer } from '../keys.ts';
import type { AnswerFacts, Headers, Route, Tongue } from '../tongue.ts';
import { refuse, SERVER_ERROR } from './errors.ts';
import { complain, read } from './read.ts';
import { DONE, writeChat, writeEmbeddings, writeModels, writeStream } from './write.ts';

const ROUTES: Readonly<Record<string, Route>> = {
  '/v1/chat/completions': { method: 'POST', wanted: 'chat' },
  '/v1/embeddings': { method: 'POST', wanted: 'embeddings' },
  '/v1/models': { method: 'GET', wanted: 'models' },
};

/** Chat Completions, embeddings and models as OpenAI speaks them. */
export const openai: Tongue = {
  name: 'openai',
  route: ({ path }) => (Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined),
  readKey: readBearer,
  read,
  complain,
  requestId: (random) => `req_${randomHex(random, 32)}`,
  replyId: (random) => `chatcmpl-${randomHex(random, 24)}`,
  headers: toHeaders,
  rateHeaders: ({ requests, tokens }) => ({ ...toThree('requests', requests), ...toThree('tokens', tokens) }),
  refuse,
  okError: (error) => ({ error: error ?? SERVER_ERROR }),
  streamError: (error) => [[{ data: { error: error ?? SERVER_ERROR } }], DONE],
  writeChat,
  writeStream,
  writeEmbeddings,
  writeModels,
};

/** Who was served: the organisation and project that limits belong to; and how long it took. */
function toHeaders({ requestId, group, latencyMs }: AnswerFacts): Headers {
  return {
    'x-request-id': requestId,
    ...(group?.organization === undefined ? {} : { 'openai-organization': group.organization }),
    ...(group?.project === undefined ? {} : { 'openai-project': group.project }),
    ...(latencyMs === undefined ? {} : { 'openai-processing-ms': String(Math.round(latencyMs)), 'openai-version': '2020-10-01' }),
  };
}

/** `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` as OpenAI sends them: reset is the time until the bucket is full. */
function toThree(counts: 'requests' | 'tokens', reading: Reading | undefined): Headers {
  if (reading === undefined) return {};
  return {
    [`x-ratelimit-limit-${counts}`]: String(reading.limit),
    [`x-ratelimit-remaining-${counts}`]: String(reading.remaining),
    [`x-ratelimit-reset-${counts}`]: formatGoDuration(reading.resetMs),
  };
}

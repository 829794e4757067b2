import type { Random } from '../../../clock.ts';
import { randomHex } from '../../random.ts';
import { readBearer } from '../keys.ts';
import type { Route, Tongue } from '../tongue.ts';
import { INTERNAL, refuse } from './errors.ts';
import { complain, read } from './read.ts';
import { toEvent, writeChat, writeEmbeddings, writeModels, writeStream } from './write.ts';

const ROUTES: Readonly<Record<string, Route>> = {
  '/v2/chat': { method: 'POST', wanted: 'chat' },
  '/v2/embed': { method: 'POST', wanted: 'embeddings' },
  '/v1/models': { method: 'GET', wanted: 'models' },
};

/** Chat and embeddings of Cohere's v2, and its list of models. It says nothing of limits in headers. */
export const cohere: Tongue = {
  name: 'cohere',
  route: ({ path }) => (Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined),
  readKey: readBearer,
  read,
  complain,
  requestId: (random) => randomHex(random, 32),
  replyId: toUuid,
  headers: ({ requestId }) => ({ 'x-debug-trace-id': requestId }),
  rateHeaders: () => ({}),
  refuse,
  okError: (error) => error ?? { message: INTERNAL },
  streamError: (error) => [[toEvent('message-end', { delta: { finish_reason: 'ERROR', error: INTERNAL, ...error } })]],
  writeChat,
  writeStream,
  writeEmbeddings,
  writeModels,
};

function toUuid(random: Random): string {
  return [8, 4, 4, 4, 12].map((length) => randomHex(random, length)).join('-');
}

import { randomHex } from '../../random.ts';
import { readBearer, readHeader, readQuery } from '../keys.ts';
import type { Incoming, Route, Tongue } from '../tongue.ts';
import { complain } from './complain.ts';
import { INTERNAL, refuse } from './errors.ts';
import { read } from './read.ts';
import { writeChat, writeEmbeddings, writeModels, writeStream } from './write.ts';

const METHODS: Readonly<Record<string, Omit<Route, 'model'>>> = {
  generateContent: { method: 'POST', wanted: 'chat' },
  streamGenerateContent: { method: 'POST', wanted: 'chat', stream: true },
  embedContent: { method: 'POST', wanted: 'embeddings' },
  batchEmbedContents: { method: 'POST', wanted: 'embeddings', form: 'batch' },
};

/** `generateContent`, embeddings and models as Gemini speaks them. It says nothing of limits in headers. */
export const google: Tongue = {
  name: 'google',
  route,
  readKey: (incoming) => readHeader(incoming, 'x-goog-api-key') ?? readQuery(incoming, 'key') ?? readBearer(incoming),
  read,
  complain,
  requestId: (random) => randomHex(random, 16),
  replyId: (random) => randomHex(random, 22),
  headers: ({ latencyMs }) => (latencyMs === undefined ? {} : { 'server-timing': `gfet4t7; dur=${Math.round(latencyMs)}` }),
  rateHeaders: () => ({}),
  refuse,
  okError: (error) => ({ error: error ?? INTERNAL }),
  streamError: (error) => [[{ data: { error: error ?? INTERNAL } }]],
  writeChat,
  writeStream,
  writeEmbeddings,
  writeModels,
};

function route({ path }: Incoming): Route | undefined {
  if (path === '/v1beta/models') return { method: 'GET', wanted: 'models' };
  const [, model = '', name = ''] = /^\/v1(?:beta1?)?\/(?:.+\/)?models\/([^/:]+):(\w+)$/.exec(path) ?? [];
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  return method === undefined ? undefined : { ...method, model: decode(model) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

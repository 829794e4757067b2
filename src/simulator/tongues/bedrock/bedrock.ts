import type { Random } from '../../../clock.ts';
import { randomHex } from '../../random.ts';
import type { Incoming, Route, Tongue, WrittenError } from '../tongue.ts';
import { complain } from './complain.ts';
import { INTERNAL, refuse } from './errors.ts';
import { read } from './read.ts';
import { readKey } from './signature.ts';
import { writeChat, writeEmbeddings, writeStream } from './write.ts';

const OPERATIONS: Readonly<Record<string, Route>> = {
  converse: { method: 'POST', wanted: 'chat' },
  'converse-stream': { method: 'POST', wanted: 'chat', stream: true },
  invoke: { method: 'POST', wanted: 'embeddings' },
};

/** Converse, and embeddings by InvokeModel, as Amazon Bedrock speaks them. It says nothing of limits in headers. */
export const bedrock: Tongue = {
  name: 'bedrock',
  route,
  readKey,
  read,
  complain,
  requestId: toUuid,
  // Answers have no id of their own.
  replyId: (_random, requestId) => requestId,
  headers: ({ requestId }) => ({ 'x-amzn-requestid': requestId }),
  rateHeaders: () => ({}),
  refuse,
  okError: (error) => ({ __type: 'InternalServerException', message: INTERNAL, ...error }),
  streamError: (error) => [[toException(error ?? {})]],
  writeChat,
  writeStream,
  writeEmbeddings,
  writeModels: () => ({}),
};

/** `type` of a written error is the exception's; the rest is what it says. */
function toException({ type, ...rest }: WrittenError): { event: string; data: object; exception: true } {
  return { event: typeof type === 'string' ? type : 'internalServerException', data: { message: INTERNAL, ...rest }, exception: true };
}

function route({ path }: Incoming): Route | undefined {
  const [, model = '', name = ''] = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(path) ?? [];
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  return operation === undefined ? undefined : { ...operation, model: decode(model) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function toUuid(random: Random): string {
  return [8, 4, 4, 4, 12].map((length) => randomHex(random, length)).join('-');
}

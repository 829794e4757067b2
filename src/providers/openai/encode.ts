import type { WireRequest } from '../../wire/types.ts';
import { copyRequest, mergeOptions, toWireRequest } from '../encoding.ts';
import type { EncodeInput } from '../provider.ts';

const PATHS = { chat: '/chat/completions', embed: '/embeddings', models: '/models' } as const;

/**
 * The exchange for one target. The protocol expresses every field of the request, so `dropUnsupported` has nothing to drop.
 * `providerOptions` go last, but cannot make a plain call a stream: the reader of the answer must know which it is.
 */
export function encode(input: EncodeInput): WireRequest {
  const { asked, provider } = input;
  const { operation } = asked;
  const stream = input.stream && operation === 'chat';
  const body = operation === 'models' ? undefined : toBody(input, stream);
  return toWireRequest(provider, { path: PATHS[operation], operation, body, ...(stream ? { accept: 'text/event-stream' } : {}) });
}

function toBody({ asked, model, provider }: EncodeInput, stream: boolean): Record<string, unknown> {
  const { request } = asked;
  const body: Record<string, unknown> = { model };
  copyRequest(request, body);
  if (stream) body['stream_options'] = toStreamOptions(request['stream_options']);
  mergeOptions(body, request, provider, stream ? STREAM_FIELD : STREAM_FIELDS);
  if (stream) body['stream'] = true;
  return body;
}

const STREAM_FIELD = new Set(['stream']);
const STREAM_FIELDS = new Set(['stream', 'stream_options']);

/** The usage comes only when asked for; a caller who does not want it says so. */
function toStreamOptions(asked: unknown): Record<string, unknown> {
  return { include_usage: true, ...(asked !== null && typeof asked === 'object' ? asked : {}) };
}

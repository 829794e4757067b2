import type { Asked } from '../../../src/chat/asked.ts';
import { Collector } from '../../../src/chat/collect.ts';
import type { ChatCompletion } from '../../../src/chat/reply.ts';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { cohere } from '../../../src/providers/cohere/cohere.ts';
import type { Decoded, Provider } from '../../../src/providers/provider.ts';
import type { WireRequest } from '../../../src/wire/types.ts';
import { chunksOf, aContext, aProvider } from '../support.ts';

export const HI: ChatRequest = { model: 'x', messages: [{ role: 'user', content: 'Hi' }] };
const MODEL = 'command-a-03-2025';

export function aCohere(overrides: Partial<Provider> = {}): Provider {
  return aProvider({ name: 'cohere', protocol: cohere, baseURL: 'https://api.cohere.com', ...overrides });
}

export function encode(asked: Asked, stream = false): WireRequest {
  return cohere.encode({ asked, model: MODEL, stream, provider: aCohere() });
}

/** Requests of the wrong shape are tried, too. */
export function bodyOf(request: object, stream = false): Record<string, unknown> {
  const asked: Asked = { operation: 'chat', request: { ...HI, ...request } };
  return JSON.parse(encode(asked, stream).body ?? '') as Record<string, unknown>;
}

export function embedOf(request: object): Record<string, unknown> {
  const asked: Asked = { operation: 'embed', request: { model: 'x', input: 'a', ...request } };
  return JSON.parse(encode(asked).body ?? '') as Record<string, unknown>;
}

export function replyOf(body: unknown): ChatCompletion {
  const decoded = cohere.decodeWhole(body, aContext({ model: MODEL, requestId: 'req_1' }));
  if ('error' in decoded) throw new Error(`an error where a message was expected: ${JSON.stringify(decoded.error)}`);
  // A chat was asked for.
  return decoded.whole as ChatCompletion;
}

/** The events of a stream, decoded one after the other and put together. */
export function streamOf(events: readonly unknown[]): {
  readonly decoded: readonly Decoded[];
  readonly reply: ChatCompletion;
  readonly complete: boolean;
} {
  const decoder = cohere.startStream(aContext({ model: MODEL, requestId: 'req_1' }));
  const collector = new Collector();
  const decoded = events.map((event) => decoder.decode({ event: (event as { readonly type?: string }).type, data: JSON.stringify(event) }));
  for (const chunk of decoded.flatMap(chunksOf)) collector.add(chunk);
  return { decoded, reply: collector.reply(), complete: decoder.complete };
}

export function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

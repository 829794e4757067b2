import type { Asked } from '../../../src/chat/asked.ts';
import { Collector } from '../../../src/chat/collect.ts';
import type { ChatCompletion } from '../../../src/chat/reply.ts';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { anthropic } from '../../../src/providers/anthropic/anthropic.ts';
import type { Decoded, Provider } from '../../../src/providers/provider.ts';
import type { WireRequest } from '../../../src/wire/types.ts';
import { chunksOf, aContext, aProvider } from '../support.ts';

const MODEL = 'claude-sonnet-4-5';
export const HI: ChatRequest = { model: 'x', messages: [{ role: 'user', content: 'Hi' }] };

export function anAnthropic(overrides: Partial<Provider> = {}): Provider {
  return aProvider({ name: 'anthropic', protocol: anthropic, baseURL: 'https://api.anthropic.com/v1', ...overrides });
}

export function encodeChat(request: object, model = MODEL, stream = false, provider = anAnthropic()): WireRequest {
  // Requests of the wrong shape are tried, too.
  return anthropic.encode({ asked: { operation: 'chat', request: { ...HI, ...request } }, model, stream, provider });
}

export function bodyOf(request: object, model = MODEL, stream = false): Record<string, unknown> {
  return JSON.parse(encodeChat(request, model, stream).body ?? '') as Record<string, unknown>;
}

function asking(request: object = {}): Asked {
  return { operation: 'chat', request: { ...HI, ...request } };
}

export function replyOf(body: unknown, request: object = {}, model = MODEL): ChatCompletion {
  const decoded = anthropic.decodeWhole(body, aContext({ asked: asking(request), model, requestId: 'req_1' }));
  if ('error' in decoded) throw new Error(`an error where a message was expected: ${JSON.stringify(decoded.error)}`);
  // A chat was asked for.
  return decoded.whole as ChatCompletion;
}

/** The events of a stream, decoded one after the other and put together. */
export function streamOf(
  events: readonly object[],
  request: object = {},
  model = MODEL,
): { readonly decoded: readonly Decoded[]; readonly reply: ChatCompletion; readonly complete: boolean } {
  const decoder = anthropic.startStream(aContext({ asked: asking(request), model, requestId: 'req_1' }));
  const collector = new Collector();
  const decoded = events.map((event) => decoder.decode({ event: (event as { readonly type?: string }).type, data: JSON.stringify(event) }));
  for (const chunk of decoded.flatMap(chunksOf)) collector.add(chunk);
  return { decoded, reply: collector.reply(), complete: decoder.complete };
}

export function aMessage(content: readonly object[], more: object = {}): object {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content,
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 },
    ...more,
  };
}

export function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

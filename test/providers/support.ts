import { uncertain } from '../../src/charging.ts';
import { openai } from '../../src/providers/openai/openai.ts';
import type { Asked } from '../../src/chat/asked.ts';
import type { ChatChunk } from '../../src/chat/chunk.ts';
import type { DecodeContext, Decoded, Provider } from '../../src/providers/provider.ts';
import type { WireEvent, WireFailure } from '../../src/wire/types.ts';

/** A provider of OpenAI's protocol, with what a test wants different. */
export function aProvider(overrides: Partial<Provider> = {}): Provider {
  const { protocol = openai } = overrides;
  return {
    name: 'openai',
    protocol,
    baseURL: 'https://api.openai.com/v1',
    headers: {},
    query: {},
    keyless: false,
    auth: protocol.auth,
    capabilities: protocol.capabilities,
    charging: uncertain,
    rules: [],
    ...overrides,
  };
}

/** What a decoder is told beside the answer. */
export function aContext(overrides: Partial<DecodeContext> = {}): DecodeContext {
  return { asked: CHAT, provider: 'openai', model: 'm', now: Date.UTC(2026, 6, 1), ...overrides };
}

const CHAT: Asked = { operation: 'chat', request: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] } };
export const EMBED: Asked = { operation: 'embed', request: { model: 'm', input: 'a' } };

/** The chunks that one event came to. */
export function chunksOf(decoded: Decoded): readonly ChatChunk[] {
  if (decoded.kind === 'chunk') return [decoded.chunk];
  return decoded.kind === 'end' ? (decoded.chunks ?? []) : [];
}

/** A failed exchange as the wire hands it on. */
export function failureOf(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}, inBand = false): WireFailure {
  return { status, headers, body, inBand };
}

/** The events of an SSE text that has one `data` line an event; enough for literal samples. */
export function readEvents(text: string): readonly WireEvent[] {
  return text.split(/\r?\n\r?\n/).flatMap((block) => {
    const lines = block.split(/\r?\n/);
    const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart());
    const event = lines
      .find((line) => line.startsWith('event:'))
      ?.slice(6)
      .trim();
    return data.length === 0 ? [] : [{ event, data: data.join('\n') }];
  });
}

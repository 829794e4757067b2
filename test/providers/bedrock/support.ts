import { Collector } from '../../../src/chat/collect.ts';
import type { ChatChunk } from '../../../src/chat/chunk.ts';
import type { ChatCompletion } from '../../../src/chat/reply.ts';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { bedrock } from '../../../src/providers/bedrock/bedrock.ts';
import type { DecodeContext, Provider, StreamDecoder } from '../../../src/providers/provider.ts';
import { Body } from '../../../src/wire/body.ts';
import { FrameReader } from '../../../src/wire/frames.ts';
import type { WireEvent } from '../../../src/wire/types.ts';
import { toEventFrame, toExceptionFrame } from '../../support/frames.ts';
import { chunksOf, aContext, aProvider } from '../support.ts';

export const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
export const OLD_CLAUDE = 'anthropic.claude-3-5-sonnet-20241022-v2:0';
export const NOVA = 'us.amazon.nova-2-lite-v1:0';
export const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456';

export function theProvider(overrides: Partial<Provider> = {}): Provider {
  return aProvider({ name: 'bedrock', protocol: bedrock, baseURL: 'https://bedrock-runtime.eu-west-1.amazonaws.com', ...overrides });
}

export function aRequest(more: Partial<ChatRequest> = {}): ChatRequest {
  return { model: 'bedrock/x', messages: [{ role: 'user', content: 'Hi' }], ...more };
}

/** What a decoder is told; `more` are fields of the request. */
export function theContext(model: string, more: Partial<ChatRequest> = {}): DecodeContext {
  return aContext({ provider: 'bedrock', model, requestId: 'req-1', asked: { operation: 'chat', request: aRequest(more) } });
}

/** The body that is sent for a request. */
export function encodeBody(more: Partial<ChatRequest>, model: string = CLAUDE): Record<string, unknown> {
  const wire = bedrock.encode({ asked: { operation: 'chat', request: aRequest(more) }, model, stream: false, provider: theProvider() });
  return JSON.parse(wire.body ?? '') as Record<string, unknown>;
}

/** Events by name, as a stream sends them; names that end in `Exception` are exceptions. */
export type Told = readonly (readonly [name: string, payload: unknown])[];

export function toBytes(events: Told): Buffer {
  return Buffer.concat(
    events.map(([name, payload]) => (name.endsWith('Exception') ? toExceptionFrame(name, payload) : toEventFrame(name, payload))),
  );
}

/** The events of these bytes, as the wire cuts them out. */
export async function readFrames(pieces: readonly Uint8Array[]): Promise<readonly WireEvent[]> {
  const body = new Body({ pause: () => {}, resume: () => {}, abort: () => {} }, 1e9);
  for (const piece of pieces) body.push(piece);
  body.end();
  const reader = new FrameReader(body, 1e7);
  const events: WireEvent[] = [];
  for (let open = true; open;) {
    open = await reader.fill();
    for (let event = reader.take(); event !== undefined; event = reader.take()) events.push(event);
  }
  return events;
}

export interface Outcome {
  readonly chunks: readonly ChatChunk[];
  readonly reply: ChatCompletion;
  readonly errors: readonly unknown[];
  readonly complete: boolean;
}

export function decodeEvents(events: readonly WireEvent[], context: DecodeContext): Outcome {
  const decoder: StreamDecoder = bedrock.startStream(context);
  const collector = new Collector();
  const chunks: ChatChunk[] = [];
  const errors: unknown[] = [];
  for (const event of events) {
    const decoded = decoder.decode(event);
    if (decoded.kind === 'error') errors.push(decoded.body);
    for (const chunk of chunksOf(decoded)) {
      chunks.push(chunk);
      collector.add(chunk);
    }
  }
  return { chunks, reply: collector.reply(), errors, complete: decoder.complete };
}

/** What a stream of these events becomes. */
export async function decodeStream(events: Told, context: DecodeContext): Promise<Outcome> {
  return decodeEvents(await readFrames([toBytes(events)]), context);
}

/** What a plain answer becomes. */
export function decodeAnswer(body: unknown, context: DecodeContext): ChatCompletion {
  const decoded = bedrock.decodeWhole(body, context);
  if ('error' in decoded) throw new Error(`An error: ${JSON.stringify(decoded.error)}`);
  // Only chats are asked for here.
  return decoded.whole as ChatCompletion;
}

import type { Asked } from '../../../src/chat/asked.ts';
import type { ChatChunk } from '../../../src/chat/chunk.ts';
import { Collector } from '../../../src/chat/collect.ts';
import type { ChatCompletion, ReplyMessage } from '../../../src/chat/reply.ts';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { google } from '../../../src/providers/google/google.ts';
import type { Decoded, Provider } from '../../../src/providers/provider.ts';
import { chunksOf, aContext, aProvider } from '../support.ts';

export const studio = aProvider({ name: 'google', protocol: google, baseURL: 'https://generativelanguage.googleapis.com/v1beta' });
export const vertex = aProvider({
  name: 'google',
  protocol: google,
  baseURL: 'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google',
});

type Loose = Readonly<Record<string, unknown>>;

export interface Body extends Loose {
  readonly contents: readonly { readonly role: string; readonly parts: readonly Loose[] }[];
}

/** A chat's exchange: where it goes and what it says. */
export function sent(
  request: Partial<ChatRequest>,
  { model = 'gemini-2.5-flash', provider = studio, stream = false }: { model?: string; provider?: Provider; stream?: boolean } = {},
): { readonly url: string; readonly body: Body } {
  const asked: Asked = { operation: 'chat', request: { model, messages: [{ role: 'user', content: 'Hi' }], ...request } };
  const { url, body } = google.encode({ asked, model, stream, provider });
  return { url, body: JSON.parse(body ?? 'null') as Body };
}

/** What a conversation becomes. */
export function contentsOf(messages: readonly unknown[], options: { model?: string; provider?: Provider } = {}): Body['contents'] {
  return sent({ messages: messages as ChatRequest['messages'] }, options).body.contents;
}

/** The parts of one turn of it. */
export function partsOf(turn: number, ...said: Parameters<typeof contentsOf>): readonly Loose[] {
  return contentsOf(...said)[turn]?.parts ?? [];
}

export function whole(body: unknown): ChatCompletion {
  const decoded = google.decodeWhole(body, aContext());
  if ('error' in decoded) throw new Error(`No answer: ${JSON.stringify(decoded.error)}`);
  return decoded.whole as ChatCompletion;
}

/** The message of an answer of these parts. */
export function messageOf(parts: readonly unknown[]): ReplyMessage {
  const message = whole({ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }], responseId: 'r1' }).choices[0]
    ?.message;
  if (message === undefined) throw new Error('No choice');
  return message;
}

export function streamed(...events: readonly unknown[]): {
  readonly decoded: readonly Decoded[];
  readonly chunks: readonly ChatChunk[];
  readonly complete: boolean;
  readonly reply: ChatCompletion;
} {
  const decoder = google.startStream(aContext());
  const decoded = events.map((event) =>
    decoder.decode({ event: undefined, data: typeof event === 'string' ? event : JSON.stringify(event) }),
  );
  const chunks = decoded.flatMap((item) => chunksOf(item));
  const collector = new Collector();
  for (const chunk of chunks) collector.add(chunk);
  return { decoded, chunks, complete: decoder.complete, reply: collector.reply() };
}

import type { Answer, Leased, PartsAnswer, RawAnswer, WholeAnswer } from '../../src/call.ts';
import type { ChatChunk } from '../../src/chat/chunk.ts';
import type { FetchRequest } from '../../src/chat/fetched.ts';
import type { Clock } from '../../src/clock.ts';
import { encodeFetched } from '../../src/providers/fetched.ts';
import { openai } from '../../src/providers/openai/openai.ts';
import { Secret } from '../../src/secret.ts';
import { createTransport, type TransportOptions } from '../../src/transport/index.ts';
import { createWire, type Wire, type WireOptions } from '../../src/wire/index.ts';
import { fakeLeased, type FakeCallOptions } from '../support/fake-call.ts';
import { aProvider } from '../providers/support.ts';
import { json, startStub, type StubServer } from '../support/stub-server.ts';

export const SECRET = 'sk-test-4f9c1d7e22aa90bb';

/** What a lease was told, in order. */
export type Told = 'sent' | { readonly heard: readonly string[]; readonly organization: string | undefined };

export interface Rig {
  readonly server: StubServer;
  readonly wire: Wire;
  readonly told: Told[];
  call(options?: Partial<FakeCallOptions>): Leased;
  send(options?: Partial<FakeCallOptions>): Promise<Answer>;
  whole(options?: Partial<FakeCallOptions>): Promise<WholeAnswer>;
  stream(options?: Partial<FakeCallOptions>): Promise<PartsAnswer>;
  /** What a caller wrote themselves. */
  raw(request?: Partial<FetchRequest>, options?: Partial<FakeCallOptions> & Partial<Leased>): Promise<RawAnswer>;
  close(): Promise<void>;
}

export interface RigOptions {
  readonly clock: Clock;
  readonly wire?: Partial<WireOptions>;
  readonly transport?: Partial<TransportOptions>;
}

/** A transport before a server of its own. */
export async function rig(listener: Parameters<typeof startStub>[0], options: RigOptions): Promise<Rig> {
  const { clock } = options;
  const server = await startStub(listener);
  const wire = createWire({ clock, ...options.wire });
  const send = createTransport({ wire, clock, firstTokenTimeoutMs: Infinity, idleTimeoutMs: 120_000, ...options.transport });
  const told: Told[] = [];
  const call = (more: Partial<FakeCallOptions> = {}): Leased => {
    const leased = fakeLeased({ clock, ...more });
    const provider = aProvider({ baseURL: `${server.url}/v1` });
    const { asked, stream } = leased;
    if (asked.operation === 'fetch') throw new Error('Expected what a protocol encodes');
    return {
      ...leased,
      request: openai.encode({ asked, model: 'gpt-5-mini', stream, provider }),
      target: {
        provider,
        model: 'gpt-5-mini',
        route: 'openai/gpt-5-mini',
      },
      lease: {
        ...leased.lease,
        secret: new Secret(SECRET),
        sent: () => void told.push('sent'),
        heard: (readings, { organization }) => void told.push({ heard: readings.map(({ slot }) => slot), organization }),
      },
    };
  };
  const rigged: Rig = {
    server,
    wire,
    told,
    call,
    send: (more) => send(call(more)),
    async whole(more) {
      const answer = await send(call(more));
      if (answer.kind !== 'whole') throw new Error('Expected a whole answer');
      return answer;
    },
    async stream(more) {
      const answer = await send(call({ stream: true, ...more }));
      if (answer.kind !== 'parts') throw new Error('Expected parts');
      return answer;
    },
    async raw(request = {}, more = {}) {
      const { stream = request.endpoint?.stream ?? false } = more;
      const base = { ...call({ ...more, stream }), ...more, stream };
      const asked = { operation: 'fetch', request: aFetch(server.url, request) } as const;
      const answer = await send({ ...base, asked, request: encodeFetched(asked.request, base.target.provider) });
      if (answer.kind !== 'raw') throw new Error('Expected bytes');
      return answer;
    },
    async close() {
      await wire.destroy();
      await server.close();
    },
  };
  return rigged;
}

/** A chat in OpenAI's words, as its SDK sends it. */
export function aFetch(url: string, more: Partial<FetchRequest> = {}): FetchRequest {
  const json = more.json ?? { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] };
  return {
    model: 'gpt-5-mini',
    method: 'POST',
    url: `${url}/v1/chat/completions`,
    headers: { 'content-type': 'application/json' },
    body: { kind: 'text', text: JSON.stringify(json) },
    endpoint: { kind: 'chat', protocol: 'openai', stream: false },
    keyPlace: undefined,
    json,
    ...more,
  };
}

export async function readAll(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of parts) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

export const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5-mini-2025',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
};

/** One streamed chunk with this delta. */
export function chunk(delta: unknown, finish: string | null = null): unknown {
  return { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] };
}

export const usage = { ...(chunk({}) as object), choices: [], usage: completion.usage };
export const role = chunk({ role: 'assistant', content: '' });

/** Events as a server writes them; a string goes as it is. */
export function events(...bodies: readonly unknown[]): string {
  return bodies.map((body) => `data: ${typeof body === 'string' ? body : JSON.stringify(body)}\n\n`).join('');
}

export const sse = { 'content-type': 'text/event-stream' } as const;

export { json };

export async function drain(parts: AsyncIterable<ChatChunk>): Promise<readonly ChatChunk[]> {
  const chunks: ChatChunk[] = [];
  for await (const one of parts) chunks.push(one);
  return chunks;
}

export const toText = (chunks: readonly ChatChunk[]): string => chunks.map((one) => one.choices[0]?.delta.content ?? '').join('');

import { crc32 } from 'node:zlib';
import type { Simulator, SimulatedProtocol } from '../../src/simulator/index.ts';

/** What is read of an answer, whatever its protocol: enough to tell whether two say the same. */
export interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly signature: string | undefined;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly finish: unknown;
  readonly usage: unknown;
}

type Json = any; // oxlint-disable-line no-explicit-any -- answers are what the tests look into

/** How a protocol is spoken by hand: nothing of the client is used. */
export interface Speaker {
  readonly protocol: SimulatedProtocol;
  readonly path: (stream: boolean) => string;
  readonly headers: (key: string) => Readonly<Record<string, string>>;
  readonly body: (prompt: string, stream: boolean) => Json;
  readonly readWhole: (json: Json) => Said;
  readonly readStream: (bytes: Uint8Array) => Said;
}

const MODEL = 'some-model';

function parts(blocks: readonly Json[], pick: (block: Json) => string | undefined): string {
  return blocks.map((block) => pick(block) ?? '').join('');
}

/** The JSON of server-sent events, each with its name. */
export function readSse(bytes: Uint8Array): readonly { readonly event: string | undefined; readonly json: Json }[] {
  return Buffer.from(bytes)
    .toString()
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const lines = block.split('\n');
      const event = lines.find((line) => line.startsWith('event: '))?.slice(7);
      const data = lines.find((line) => line.startsWith('data: '))?.slice(6) ?? '';
      return { event, json: data === '[DONE]' ? data : JSON.parse(data) };
    });
}

/** Messages of a binary stream, whose checksums must be right. */
export function readMessages(bytes: Uint8Array): readonly { readonly headers: Readonly<Record<string, string>>; readonly json: Json }[] {
  const all = Buffer.from(bytes);
  const messages = [];
  for (let at = 0; at < all.length; at += all.readUInt32BE(at)) {
    const message = all.subarray(at, at + all.readUInt32BE(at));
    const headersLength = message.readUInt32BE(4);
    if (crc32(message.subarray(0, 8)) !== message.readUInt32BE(8)) throw new Error('Bad prelude checksum');
    if (crc32(message.subarray(0, -4)) !== message.readUInt32BE(message.length - 4)) throw new Error('Bad message checksum');
    const payload = message.subarray(12 + headersLength, -4).toString();
    messages.push({ headers: readHeaders(message.subarray(12, 12 + headersLength)), json: JSON.parse(payload) });
  }
  return messages;
}

function readHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    const name = bytes.subarray(at + 1, nameEnd).toString();
    const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1);
    headers[name] = bytes.subarray(nameEnd + 3, valueEnd).toString();
    at = valueEnd;
  }
  return headers;
}

const openai: Speaker = {
  protocol: 'openai',
  path: () => '/chat/completions',
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  body: (prompt, stream) => ({
    model: MODEL,
    messages: [{ role: 'user', content: prompt }],
    stream,
    stream_options: { include_usage: true },
  }),
  readWhole: ({ choices: [{ message, finish_reason }], usage }) => ({
    text: message.content ?? '',
    reasoning: message.reasoning_content ?? '',
    signature: undefined,
    calls: (message.tool_calls ?? []).map((call: Json) => ({ name: call.function.name, input: JSON.parse(call.function.arguments) })),
    finish: finish_reason,
    usage,
  }),
  readStream: (bytes) => {
    const chunks = readSse(bytes).map(({ json }) => json);
    if (chunks.pop() !== '[DONE]') throw new Error('No terminal marker');
    const deltas = chunks.flatMap(({ choices }) => choices).map(({ delta }) => delta);
    const pieces = deltas.flatMap((delta) => delta.tool_calls ?? []);
    return {
      text: parts(deltas, (delta) => delta.content),
      reasoning: parts(deltas, (delta) => delta.reasoning_content),
      signature: undefined,
      calls: pieces
        .filter((piece) => piece.id !== undefined)
        .map(({ index, function: { name } }) => ({
          name,
          input: JSON.parse(
            parts(
              pieces.filter((piece) => piece.index === index),
              (piece) => piece.function.arguments,
            ),
          ),
        })),
      finish: chunks.flatMap(({ choices }) => choices).findLast((choice) => choice.finish_reason !== null)?.finish_reason,
      usage: chunks.at(-1).usage,
    };
  },
};

function readBlocks(blocks: readonly Json[]): Pick<Said, 'text' | 'reasoning' | 'signature' | 'calls'> {
  return {
    text: parts(blocks, (block) => block.text),
    reasoning: parts(blocks, (block) => block.thinking),
    signature: blocks.find(({ signature }) => signature !== undefined)?.signature,
    calls: blocks.filter(({ type }) => type === 'tool_use').map(({ name, input }) => ({ name, input })),
  };
}

const anthropic: Speaker = {
  protocol: 'anthropic',
  path: () => '/messages',
  headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
  body: (prompt, stream) => ({ model: MODEL, max_tokens: 1000, messages: [{ role: 'user', content: prompt }], stream }),
  readWhole: ({ content, stop_reason, usage }) => ({ ...readBlocks(content), finish: stop_reason, usage }),
  readStream: (bytes) => {
    const events = readSse(bytes);
    if (events.some(({ event, json }) => event !== json.type)) throw new Error('An event without its name');
    if (events.at(-1)?.event !== 'message_stop') throw new Error('No terminal marker');
    const list = events.map(({ json }) => json);
    const blocks = list
      .filter(({ type }) => type === 'content_block_start')
      .map(({ index, content_block: block }) => {
        const deltas = list.filter((json) => json.type === 'content_block_delta' && json.index === index).map(({ delta }) => delta);
        const json = parts(deltas, (delta) => delta.partial_json);
        return {
          type: block.type,
          name: block.name,
          text: parts(deltas, (delta) => delta.text),
          thinking: parts(deltas, (delta) => delta.thinking),
          signature: deltas.find(({ signature }) => signature !== undefined)?.signature,
          input: json === '' ? {} : JSON.parse(json),
        };
      });
    const end = list.find(({ type }) => type === 'message_delta');
    return { ...readBlocks(blocks), finish: end.delta.stop_reason, usage: end.usage };
  },
};

function readGemini(responses: readonly Json[]): Said {
  const all = responses.flatMap(({ candidates }) => candidates).flatMap(({ content }) => content?.parts ?? []);
  return {
    text: parts(all, (part) => (part.thought === true ? '' : part.text)),
    reasoning: parts(all, (part) => (part.thought === true ? part.text : '')),
    signature: all.find(({ thoughtSignature }) => thoughtSignature !== undefined)?.thoughtSignature,
    calls: all.filter(({ functionCall }) => functionCall !== undefined).map(({ functionCall: { name, args } }) => ({ name, input: args })),
    finish: responses.at(-1)?.candidates[0].finishReason,
    usage: responses.at(-1)?.usageMetadata,
  };
}

const google: Speaker = {
  protocol: 'google',
  path: (stream) => `/models/${MODEL}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  headers: (key) => ({ 'x-goog-api-key': key }),
  body: (prompt) => ({ contents: [{ role: 'user', parts: [{ text: prompt }] }] }),
  readWhole: (json) => readGemini([json]),
  readStream: (bytes) => readGemini(readSse(bytes).map(({ json }) => json)),
};

const cohere: Speaker = {
  protocol: 'cohere',
  path: () => '/v2/chat',
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  body: (prompt, stream) => ({ model: MODEL, messages: [{ role: 'user', content: prompt }], stream }),
  readWhole: ({ message, finish_reason, usage }) => ({
    text: parts(message.content ?? [], (block) => block.text) + (message.tool_plan ?? ''),
    reasoning: parts(message.content ?? [], (block) => block.thinking),
    signature: undefined,
    calls: (message.tool_calls ?? []).map((call: Json) => ({ name: call.function.name, input: JSON.parse(call.function.arguments) })),
    finish: finish_reason,
    usage,
  }),
  readStream: (bytes) => {
    const events = readSse(bytes);
    if (events.some(({ event, json }) => event !== json.type)) throw new Error('An event without its name');
    const list = events.map(({ json }) => json);
    const messages = list.map(({ delta }) => delta?.message ?? {});
    const calls = list.filter(({ type }) => type.startsWith('tool-call-') && type !== 'tool-call-end');
    return {
      text: parts(messages, (message) => message.content?.text ?? message.tool_plan),
      reasoning: parts(messages, (message) => message.content?.thinking),
      signature: undefined,
      calls: calls
        .filter(({ type }) => type === 'tool-call-start')
        .map(({ index, delta }) => {
          const own = calls.filter((call) => call.index === index).map((call) => call.delta.message.tool_calls.function.arguments);
          return { name: delta.message.tool_calls.function.name, input: JSON.parse(own.join('')) };
        }),
      finish: list.at(-1).delta.finish_reason,
      usage: list.at(-1).delta.usage,
    };
  },
};

const bedrock: Speaker = {
  protocol: 'bedrock',
  path: (stream) => `/model/${MODEL}/${stream ? 'converse-stream' : 'converse'}`,
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  body: (prompt) => ({ messages: [{ role: 'user', content: [{ text: prompt }] }] }),
  readWhole: ({ output: { message }, stopReason, usage }) => ({
    text: parts(message.content, (block) => block.text),
    reasoning: parts(message.content, (block) => block.reasoningContent?.reasoningText.text),
    signature: message.content.find((block: Json) => block.reasoningContent !== undefined)?.reasoningContent.reasoningText.signature,
    calls: message.content.filter((block: Json) => block.toolUse).map(({ toolUse: { name, input } }: Json) => ({ name, input })),
    finish: stopReason,
    usage,
  }),
  readStream: (bytes) => {
    const list = readMessages(bytes).map(({ headers, json }) => ({ type: headers[':event-type'], json }));
    const deltas = list.filter(({ type }) => type === 'contentBlockDelta').map(({ json }) => json);
    const last = (type: string): Json => list.find((entry) => entry.type === type)?.json;
    return {
      text: parts(deltas, ({ delta }) => delta.text),
      reasoning: parts(deltas, ({ delta }) => delta.reasoningContent?.text),
      signature: deltas.find(({ delta }) => delta.reasoningContent?.signature !== undefined)?.delta.reasoningContent.signature,
      calls: list
        .filter(({ type }) => type === 'contentBlockStart')
        .map(({ json: { contentBlockIndex: index, start } }) => {
          const own = parts(
            deltas.filter((delta) => delta.contentBlockIndex === index),
            ({ delta }) => delta.toolUse.input,
          );
          return { name: start.toolUse.name, input: own === '' ? {} : JSON.parse(own) };
        }),
      finish: last('messageStop').stopReason,
      usage: last('metadata').usage,
    };
  },
};

export const SPEAKERS: readonly Speaker[] = [openai, anthropic, google, cohere, bedrock];

export function speakerOf(protocol: SimulatedProtocol): Speaker {
  const found = SPEAKERS.find((speaker) => speaker.protocol === protocol);
  if (found === undefined) throw new Error(`Nobody speaks ${protocol}`);
  return found;
}

/** Asks as a client of the protocol would, by hand. */
export function say(
  simulator: Simulator,
  speaker: Speaker,
  more: {
    readonly key?: string;
    readonly stream?: boolean;
    readonly body?: unknown;
    readonly path?: string;
    readonly prompt?: string;
  } = {},
): Promise<Response> {
  const { key = 'sk-a', stream = false, prompt = 'Hello' } = more;
  return fetch(simulator.baseURLs[speaker.protocol] + (more.path ?? speaker.path(stream)), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === '' ? {} : speaker.headers(key)) },
    body: JSON.stringify(more.body ?? speaker.body(prompt, stream)),
  });
}

/** The same, read to its end. */
export async function hear(simulator: Simulator, speaker: Speaker, more: Parameters<typeof say>[2] = {}) {
  const response = await say(simulator, speaker, more);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get('content-type') ?? '';
  const json: Json = type.startsWith('application/json') ? JSON.parse(Buffer.from(bytes).toString()) : undefined;
  return { status: response.status, headers: response.headers, bytes, json };
}

import { hashText, createRandom } from './random.ts';
import type { Choice, Content } from './content.ts';
import { readInputs, type WireBody } from './request.ts';
import type { Use } from './quota.ts';

/** What all parts of an answer repeat. */
export interface Envelope {
  readonly id: string;
  /** In epoch seconds. */
  readonly created: number;
  readonly model: string;
}

const FINGERPRINT = 'fp_simulator';

/** The body of a plain answer. */
export function toCompletion(envelope: Envelope, { choices, use }: Content): object {
  return {
    id: envelope.id,
    object: 'chat.completion',
    created: envelope.created,
    model: envelope.model,
    choices: choices.map((choice, index) => ({ index, message: toMessage(choice), logprobs: null, finish_reason: choice.finishReason })),
    usage: toUsage(use),
    service_tier: 'default',
    system_fingerprint: FINGERPRINT,
  };
}

function toMessage(choice: Choice): object {
  const { content, refusal, toolCalls } = choice;
  const calls = toolCalls.map(({ id, name, arguments: text }) => ({ id, type: 'function', function: { name, arguments: text } }));
  return { role: 'assistant', content, refusal, annotations: [], ...(calls.length > 0 ? { tool_calls: calls } : {}) };
}

function toUsage({ input, output }: Use): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
}

/** The events of a streamed answer: role, content, finish, usage if asked for, `[DONE]`. */
export function toEvents(envelope: Envelope, { choices, use }: Content, pieces: number, includeUsage: boolean): readonly string[] {
  const chunk = (list: readonly object[], usage: object | null): string =>
    toEvent({
      id: envelope.id,
      object: 'chat.completion.chunk',
      created: envelope.created,
      model: envelope.model,
      service_tier: 'default',
      system_fingerprint: FINGERPRINT,
      choices: list,
      ...(includeUsage ? { usage } : {}),
    });
  const events = interleave(choices.map((choice) => toDeltas(choice, pieces))).map(({ index, delta }) =>
    chunk([{ index, delta, logprobs: null, finish_reason: null }], null),
  );
  const finishes = choices.map((choice, index) => chunk([{ index, delta: {}, logprobs: null, finish_reason: choice.finishReason }], null));
  return [...events, ...finishes, ...(includeUsage ? [chunk([], toUsage(use))] : []), DONE];
}

/** The terminal marker of a stream. */
export const DONE = 'data: [DONE]\n\n';

/** One server-sent event with JSON in it. */
export function toEvent(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function toDeltas(choice: Choice, pieces: number): readonly object[] {
  const deltas: object[] = [{ role: 'assistant', content: choice.toolCalls.length > 0 ? null : '', refusal: null }];
  for (const content of split(choice.content ?? '', pieces)) deltas.push({ content });
  for (const refusal of split(choice.refusal ?? '', pieces)) deltas.push({ refusal });
  for (const [index, call] of choice.toolCalls.entries()) {
    deltas.push({ tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] });
    for (const text of split(call.arguments, pieces)) deltas.push({ tool_calls: [{ index, function: { arguments: text } }] });
  }
  return deltas;
}

/** A text in pieces of equal length. Never half a character: JSON texts of providers hold whole ones. */
function split(text: string, pieces: number): readonly string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.ceil(characters.length / pieces));
  const count = Math.ceil(characters.length / size);
  return Array.from({ length: count }, (_, index) => characters.slice(index * size, (index + 1) * size).join(''));
}

/** The first delta of each choice, then the second of each: several choices arrive side by side. */
function interleave(lists: readonly (readonly object[])[]): readonly { readonly index: number; readonly delta: object }[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, place) =>
    lists.flatMap((list, index) => (list[place] === undefined ? [] : [{ index, delta: list[place] }])),
  ).flat();
}

/** Length of a vector when the request does not say. Short, as nobody searches with it. */
const DIMENSIONS = 8;

/** The body of an embeddings answer. The same input has the same unit vector in every run. */
export function toEmbeddings(model: string, body: WireBody, use: Use): object {
  const dimensions = typeof body['dimensions'] === 'number' ? body['dimensions'] : DIMENSIONS;
  const base64 = body['encoding_format'] === 'base64';
  const data = readInputs(body).map((input, index) => {
    const vector = embed(typeof input === 'string' ? input : input.join(' '), dimensions);
    return { object: 'embedding', index, embedding: base64 ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector };
  });
  return { object: 'list', data, model, usage: { prompt_tokens: use.input, total_tokens: use.input } };
}

function embed(text: string, dimensions: number): readonly number[] {
  const random = createRandom(hashText(text));
  const raw = Array.from({ length: dimensions }, () => random() * 2 - 1);
  const length = Math.hypot(...raw) || 1;
  return raw.map((value) => value / length);
}

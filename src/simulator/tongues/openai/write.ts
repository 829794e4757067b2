import { isObject } from '../../check.ts';
import type { Choice, Content } from '../../content.ts';
import type { Use } from '../../quota.ts';
import { EVENT_STREAM, toSse } from '../sse.ts';
import { splitText, toVector } from '../texts.ts';
import type { Question } from '../../question.ts';
import type { Envelope, Incoming, Script, StreamEvent } from '../tongue.ts';

const FINGERPRINT = 'fp_simulator';

/** The body of a plain answer. */
export function writeChat(envelope: Envelope, content: Content): object {
  const choices = content.choices.map((choice, index) => {
    return { index, message: toMessage(choice), logprobs: null, finish_reason: choice.finishReason };
  });
  return { ...toHead(envelope, 'chat.completion'), choices, usage: toUsage(content) };
}

function toHead({ id, at, model }: Envelope, object: string): object {
  return { id, object, created: Math.floor(at / 1000), model, service_tier: 'default', system_fingerprint: FINGERPRINT };
}

/** Reasoning as DeepSeek and vLLM show it: OpenAI itself keeps it from this API. */
function toMessage({ content, refusal, reasoning, toolCalls }: Choice): object {
  const calls = toolCalls.map(({ id, name, arguments: text }) => ({ id, type: 'function', function: { name, arguments: text } }));
  return {
    role: 'assistant',
    content,
    refusal,
    annotations: [],
    ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

function toUsage({ use, tokens }: Content): object {
  return {
    prompt_tokens: use.input,
    completion_tokens: use.output,
    total_tokens: use.input + use.output,
    prompt_tokens_details: { cached_tokens: tokens.cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** A streamed answer: role, content, finish, usage if asked for, `[DONE]`. */
export function writeStream(envelope: Envelope, content: Content, { body = {} }: Incoming, pieces: number): Script {
  const options = isObject(body['stream_options']) ? body['stream_options'] : {};
  const includeUsage = options['include_usage'] === true;
  const head = toHead(envelope, 'chat.completion.chunk');
  const chunk = (choices: readonly object[], usage: object | null): readonly StreamEvent[] => [
    { data: { ...head, choices, ...(includeUsage ? { usage } : {}) } },
  ];
  const deltas = interleave(content.choices.map((choice) => toDeltas(choice, pieces))).map(({ index, delta }) =>
    chunk([{ index, delta, logprobs: null, finish_reason: null }], null),
  );
  const closing = [
    ...content.choices.map((choice, index) => chunk([{ index, delta: {}, logprobs: null, finish_reason: choice.finishReason }], null)),
    ...(includeUsage ? [chunk([], toUsage(content))] : []),
    DONE,
  ];
  return { contentType: EVENT_STREAM, chunks: [...deltas, ...closing], closing: closing.length, frame: toSse };
}

/** The terminal marker of a stream. */
export const DONE: readonly StreamEvent[] = [{ data: '[DONE]' }];

function toDeltas(choice: Choice, pieces: number): readonly object[] {
  const deltas: object[] = [
    { role: 'assistant', content: choice.content === null || choice.toolCalls.length > 0 ? null : '', refusal: null },
  ];
  for (const text of splitText(choice.reasoning ?? '', pieces)) deltas.push({ reasoning_content: text });
  for (const content of splitText(choice.content ?? '', pieces)) deltas.push({ content });
  for (const refusal of splitText(choice.refusal ?? '', pieces)) deltas.push({ refusal });
  for (const [index, call] of choice.toolCalls.entries()) {
    deltas.push({ tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] });
    for (const text of splitText(call.arguments, pieces)) deltas.push({ tool_calls: [{ index, function: { arguments: text } }] });
  }
  return deltas;
}

/** The first delta of each choice, then the second of each: several choices arrive side by side. */
function interleave(lists: readonly (readonly object[])[]): readonly { readonly index: number; readonly delta: object }[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, place) =>
    lists.flatMap((list, index) => (list[place] === undefined ? [] : [{ index, delta: list[place] }])),
  ).flat();
}

/** The body of an embeddings answer. */
export function writeEmbeddings({ model }: Envelope, { body = {} }: Incoming, { texts }: Question, { input }: Use): object {
  const base64 = body['encoding_format'] === 'base64';
  const data = texts.map((text, index) => {
    const vector = toVector(text, body['dimensions']);
    return { object: 'embedding', index, embedding: base64 ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector };
  });
  return { object: 'list', data, model, usage: { prompt_tokens: input, total_tokens: input } };
}

/** The body of a list of models. */
export function writeModels(names: readonly string[]): object {
  return { object: 'list', data: names.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'simulator' })) };
}

import type { Choice, Content } from '../../content.ts';
import type { Use } from '../../quota.ts';
import { EVENT_STREAM, toSse } from '../sse.ts';
import { splitText, toVector } from '../texts.ts';
import type { Question } from '../../question.ts';
import type { Envelope, Incoming, Script, StreamEvent } from '../tongue.ts';

const FINISH_REASONS: Readonly<Record<string, string>> = {
  stop: 'COMPLETE',
  length: 'MAX_TOKENS',
  tool_calls: 'TOOL_CALL',
  // There is no word for it: what is refused is said.
  content_filter: 'COMPLETE',
};

/** Tokens of the prompt that nobody wrote: Cohere counts its own template, and does not bill it. */
const TEMPLATE_TOKENS = 60;

/** The body of a plain answer. */
export function writeChat({ id }: Envelope, content: Content): object {
  const [choice] = content.choices;
  return { id, message: choice === undefined ? {} : toMessage(choice), finish_reason: toFinish(choice), usage: toUsage(content) };
}

function toFinish(choice: Choice | undefined): string {
  return FINISH_REASONS[choice?.finishReason ?? 'stop'] ?? choice?.finishReason ?? 'COMPLETE';
}

function toMessage(choice: Choice): object {
  const blocks = toBlocks(choice).map(({ type, text }) => ({ type, [type]: text }));
  const plan = toPlan(choice);
  return {
    role: 'assistant',
    ...(blocks.length === 0 ? {} : { content: blocks }),
    ...(plan === '' ? {} : { tool_plan: plan }),
    ...(choice.toolCalls.length === 0 ? {} : { tool_calls: choice.toolCalls.map(toCall) }),
  };
}

/** What is said before tools are called is a plan, no content. */
function toPlan({ content, toolCalls }: Choice): string {
  return toolCalls.length === 0 ? '' : (content ?? '');
}

function toBlocks(choice: Choice): readonly { readonly type: 'thinking' | 'text'; readonly text: string }[] {
  const said = choice.toolCalls.length === 0 ? (choice.content ?? '') + (choice.refusal ?? '') : '';
  return [
    ...(choice.reasoning === null ? [] : [{ type: 'thinking' as const, text: choice.reasoning }]),
    ...(said === '' ? [] : [{ type: 'text' as const, text: said }]),
  ];
}

function toCall({ id, name, arguments: text }: Choice['toolCalls'][number]): object {
  return { id, type: 'function', function: { name, arguments: text } };
}

function toUsage({ use, tokens }: Content): object {
  return {
    billed_units: { input_tokens: use.input, output_tokens: use.output },
    tokens: { input_tokens: use.input + TEMPLATE_TOKENS, output_tokens: use.output },
    ...(tokens.cached === 0 ? {} : { cached_tokens: tokens.cached }),
  };
}

/** A streamed answer. Opening and closing a block travels with its first and last piece. */
export function writeStream({ id }: Envelope, content: Content, _incoming: Incoming, pieces: number): Script {
  const [choice] = content.choices;
  const started = { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } };
  const opening = [{ event: 'message-start', data: { id, type: 'message-start', delta: started } }];
  const deltas = choice === undefined ? [] : [...toContent(choice, pieces), ...toPlanChunks(choice, pieces), ...toCalls(choice, pieces)];
  const closing = [toEvent('message-end', { delta: { finish_reason: toFinish(choice), usage: toUsage(content) } })];
  return { contentType: EVENT_STREAM, chunks: [opening, ...deltas, closing], closing: 1, frame: toSse };
}

type Chunk = readonly StreamEvent[];

function toContent(choice: Choice, pieces: number): readonly Chunk[] {
  return toBlocks(choice).flatMap(({ type, text }, index) => {
    const start = toEvent('content-start', { index, delta: { message: { content: { type, [type]: '' } } } });
    const deltas = splitText(text, pieces).map((piece) =>
      toEvent('content-delta', { index, delta: { message: { content: { [type]: piece } } } }),
    );
    return toChunks(start, deltas, toEvent('content-end', { index }));
  });
}

function toPlanChunks(choice: Choice, pieces: number): readonly Chunk[] {
  return splitText(toPlan(choice), pieces).map((piece) => [toEvent('tool-plan-delta', { delta: { message: { tool_plan: piece } } })]);
}

function toCalls({ toolCalls }: Choice, pieces: number): readonly Chunk[] {
  return toolCalls.flatMap((call, index) => {
    const begun = toCall({ ...call, arguments: '' });
    const start = toEvent('tool-call-start', { index, delta: { message: { tool_calls: begun } } });
    const deltas = splitText(call.arguments, pieces).map((piece) =>
      toEvent('tool-call-delta', { index, delta: { message: { tool_calls: { function: { arguments: piece } } } } }),
    );
    return toChunks(start, deltas, toEvent('tool-call-end', { index }));
  });
}

function toChunks(start: StreamEvent, deltas: readonly StreamEvent[], end: StreamEvent): readonly Chunk[] {
  if (deltas.length === 0) return [[start, end]];
  return deltas.map((delta, place) => [...(place === 0 ? [start] : []), delta, ...(place === deltas.length - 1 ? [end] : [])]);
}

/** An event bears the name of its type. */
export function toEvent(type: string, more: object): StreamEvent {
  return { event: type, data: { type, ...more } };
}

/** The body of an embeddings answer. */
export function writeEmbeddings({ id }: Envelope, { body = {} }: Incoming, { texts }: Question, { input }: Use): object {
  const vectors = texts.map((text) => toVector(text, body['output_dimension']));
  const types: readonly unknown[] = Array.isArray(body['embedding_types']) ? body['embedding_types'] : ['float'];
  const base64 = vectors.map((vector) => Buffer.from(Float32Array.from(vector).buffer).toString('base64'));
  const embeddings = { ...(types.includes('float') ? { float: vectors } : {}), ...(types.includes('base64') ? { base64 } : {}) };
  const meta = { api_version: { version: '2' }, billed_units: { input_tokens: input } };
  return { id, response_type: 'embeddings_by_type', texts, embeddings, meta };
}

/** The body of a list of models. */
export function writeModels(names: readonly string[]): object {
  return { models: names.map((name) => ({ name, endpoints: ['chat', 'embed'], finetuned: false, context_length: 128_000 })) };
}

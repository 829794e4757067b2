import type { Choice, Content } from '../../content.ts';
import { EVENT_STREAM, toSse } from '../sse.ts';
import { parseArguments, sign, splitText, toVector } from '../texts.ts';
import type { Question } from '../../question.ts';
import type { Chunks, Envelope, Incoming, Route, Script } from '../tongue.ts';
import { readInputs } from './read.ts';

const FINISH_REASONS: Readonly<Record<string, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  // Calls are seen by their parts: the model has said what it wanted to say.
  tool_calls: 'STOP',
  content_filter: 'SAFETY',
};

/** The body of a plain answer. */
export function writeChat(envelope: Envelope, content: Content): object {
  const candidates = content.choices.map((choice, index) => {
    const parts = toParts(choice);
    return { ...(parts.length === 0 ? {} : { content: { parts, role: 'model' } }), finishReason: toFinish(choice), index };
  });
  return { candidates, usageMetadata: toUsage(content), ...toTail(envelope) };
}

function toTail({ id, model }: Envelope): object {
  return { modelVersion: model, responseId: id };
}

function toFinish({ finishReason, refusal }: Choice): string {
  const usual = refusal === null ? finishReason : 'content_filter';
  return FINISH_REASONS[usual] ?? usual;
}

/** Who thinks signs: the first call, or the text where there is none. What is refused is not shown. */
function toParts(choice: Choice): readonly object[] {
  const { reasoning, content, toolCalls } = choice;
  const proof = toProof(choice);
  return [
    ...(reasoning === null ? [] : [{ text: reasoning, thought: true }]),
    ...(content === null ? [] : [{ text: content, ...(toolCalls.length === 0 ? proof : {}) }]),
    ...toolCalls.map((call, index) => ({ ...toCall(call), ...(index === 0 ? proof : {}) })),
  ];
}

function toProof({ reasoning }: Choice): object {
  return reasoning === null ? {} : { thoughtSignature: sign(reasoning) };
}

function toCall({ id, name, arguments: text }: Choice['toolCalls'][number]): object {
  return { functionCall: { id, name, args: parseArguments(text) } };
}

/** The input holds what the cache gave; the output leaves out the thoughts. */
function toUsage({ use, tokens }: Content): object {
  return {
    promptTokenCount: use.input,
    candidatesTokenCount: use.output - tokens.reasoning,
    totalTokenCount: use.input + use.output,
    ...(tokens.cached === 0 ? {} : { cachedContentTokenCount: tokens.cached }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: use.input }],
    ...(tokens.reasoning === 0 ? {} : { thoughtsTokenCount: tokens.reasoning }),
  };
}

/** A streamed answer: whole responses with new parts. The usage grows; only the last one has the finish. */
export function writeStream(envelope: Envelope, content: Content, { query }: Incoming, pieces: number): Script {
  const early = { promptTokenCount: content.use.input, totalTokenCount: content.use.input };
  const chunk = (candidates: readonly object[], usage: object): object => ({ candidates, usageMetadata: usage, ...toTail(envelope) });
  const deltas = content.choices.flatMap((choice, index) =>
    toDeltas(choice, pieces).map((part) => chunk([{ content: { parts: [part], role: 'model' }, index }], early)),
  );
  const last = content.choices.map((choice, index) => ({ ...toLast(choice), finishReason: toFinish(choice), index }));
  // Of what is refused nothing is shown, not even an empty text.
  const shown = content.choices[0]?.refusal === null ? { content: { parts: [{ text: '' }], role: 'model' } } : {};
  const opening = chunk([{ ...shown, index: 0 }], early);
  const chunks = [opening, ...deltas, chunk(last, toUsage(content))].map((data) => [{ data }]);
  if (query.get('alt') === 'sse') return { contentType: EVENT_STREAM, chunks, closing: 1, frame: toSse };
  return { contentType: 'application/json; charset=UTF-8', chunks: [...chunks, [{ data: ']' }]], closing: 2, frame: toList };
}

function toDeltas(choice: Choice, pieces: number): readonly object[] {
  const proof = toProof(choice);
  return [
    ...splitText(choice.reasoning ?? '', pieces).map((text) => ({ text, thought: true })),
    ...splitText(choice.content ?? '', pieces).map((text) => ({ text })),
    ...choice.toolCalls.map((call, index) => ({ ...toCall(call), ...(index === 0 ? proof : {}) })),
  ];
}

/** The signature of a text comes behind it, with an empty one. */
function toLast(choice: Choice): object {
  if (choice.refusal !== null) return {};
  const proof = choice.toolCalls.length === 0 && choice.content !== null ? toProof(choice) : {};
  return { content: { parts: [{ text: '', ...proof }], role: 'model' } };
}

/** What those get who do not ask for events: a JSON list, an element at a time. */
function toList(chunks: Chunks): readonly string[] {
  const texts = chunks.flat().map(({ data }) => (typeof data === 'string' ? data : JSON.stringify(data)));
  return texts.map((text, index) => (index === 0 ? `[${text}` : text === ']' ? text : `,\r\n${text}`));
}

/** The body of an embeddings answer, one or a batch. Nothing is said of tokens. */
export function writeEmbeddings(_envelope: Envelope, { body = {} }: Incoming, _question: Question, _use: unknown, { form }: Route): object {
  const embeddings = readInputs(body).map(({ text, dimensions }) => ({ values: toVector(text, dimensions) }));
  return form === 'batch' ? { embeddings } : { embedding: embeddings[0] };
}

/** The body of a list of models. */
export function writeModels(names: readonly string[]): object {
  const supportedGenerationMethods = ['generateContent', 'countTokens', 'embedContent'];
  return { models: names.map((name) => ({ name: `models/${name}`, version: '001', displayName: name, supportedGenerationMethods })) };
}

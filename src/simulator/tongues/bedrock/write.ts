import type { Choice, Content } from '../../content.ts';
import type { Use } from '../../quota.ts';
import { parseArguments, sign, splitText, toVector } from '../texts.ts';
import type { Question } from '../../question.ts';
import type { Envelope, Incoming, Script, StreamEvent } from '../tongue.ts';
import { AMAZON_STREAM, toMessages } from './event-stream.ts';

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'content_filtered',
};

const METRICS = { latencyMs: 1 };

/** The body of a plain answer. It names neither itself nor its model. */
export function writeChat(_envelope: Envelope, content: Content): object {
  const [choice] = content.choices;
  const blocks = choice === undefined ? [] : toBlocks(choice).map(({ whole }) => whole);
  return {
    metrics: METRICS,
    output: { message: { role: 'assistant', content: blocks } },
    stopReason: toStop(choice),
    usage: toUsage(content),
  };
}

function toStop(choice: Choice | undefined): string {
  const usual = choice?.refusal == null ? (choice?.finishReason ?? 'stop') : 'content_filter';
  return STOP_REASONS[usual] ?? usual;
}

/** A block of content: as a whole, as it begins (only tool calls say so), and in pieces. */
interface Block {
  readonly whole: object;
  readonly start?: object;
  readonly deltas: (pieces: number) => readonly object[];
}

function toBlocks({ reasoning, content, refusal, toolCalls }: Choice): readonly Block[] {
  const said = (content ?? '') + (refusal ?? '');
  return [...(reasoning === null ? [] : [toReasoning(reasoning)]), ...(said === '' ? [] : [toText(said)]), ...toolCalls.map(toToolUse)];
}

function toReasoning(text: string): Block {
  const signature = sign(text);
  return {
    whole: { reasoningContent: { reasoningText: { text, signature } } },
    deltas: (pieces) => [
      ...splitText(text, pieces).map((piece) => ({ reasoningContent: { text: piece } })),
      { reasoningContent: { signature } },
    ],
  };
}

function toText(text: string): Block {
  return { whole: { text }, deltas: (pieces) => splitText(text, pieces).map((piece) => ({ text: piece })) };
}

function toToolUse({ id, name, arguments: text }: Choice['toolCalls'][number]): Block {
  const input = parseArguments(text);
  return {
    whole: { toolUse: { toolUseId: id, name, input } },
    start: { toolUse: { toolUseId: id, name } },
    // A call without arguments has no piece at all.
    deltas: (pieces) =>
      Object.keys(input).length === 0 ? [] : splitText(JSON.stringify(input), pieces).map((piece) => ({ toolUse: { input: piece } })),
  };
}

/** The input leaves out what the cache gave and took. */
function toUsage({ use, tokens }: Content): object {
  return {
    inputTokens: use.input - tokens.cached - tokens.cacheWrite,
    outputTokens: use.output,
    totalTokens: use.input + use.output,
    cacheReadInputTokens: tokens.cached,
    cacheWriteInputTokens: tokens.cacheWrite,
  };
}

/** A streamed answer. Opening and closing a block travels with its first and last piece. */
export function writeStream(_envelope: Envelope, content: Content, _incoming: Incoming, pieces: number): Script {
  const [choice] = content.choices;
  const blocks = choice === undefined ? [] : toBlocks(choice);
  const closing = [
    [toEvent('messageStop', { stopReason: toStop(choice) })],
    [toEvent('metadata', { metrics: METRICS, usage: toUsage(content) })],
  ];
  const deltas = blocks.flatMap((block, index) => toChunks(block, index, pieces));
  const chunks = [[toEvent('messageStart', { role: 'assistant' })], ...deltas, ...closing];
  return { contentType: AMAZON_STREAM, chunks, closing: closing.length, frame: toMessages };
}

function toChunks(block: Block, contentBlockIndex: number, pieces: number): readonly (readonly StreamEvent[])[] {
  const start = block.start === undefined ? [] : [toEvent('contentBlockStart', { contentBlockIndex, start: block.start })];
  const stop = toEvent('contentBlockStop', { contentBlockIndex });
  const deltas = block.deltas(pieces).map((delta) => toEvent('contentBlockDelta', { contentBlockIndex, delta }));
  if (deltas.length === 0) return [[...start, stop]];
  return deltas.map((delta, place) => [...(place === 0 ? start : []), delta, ...(place === deltas.length - 1 ? [stop] : [])]);
}

/** Payloads are padded, so that their length tells nothing of what is said. */
function toEvent(event: string, data: object): StreamEvent {
  const padding = 'abcdefghijklmnopqrstuvwxyz'.slice(0, 1 + (JSON.stringify(data).length % 26));
  return { event, data: { ...data, p: padding } };
}

/** The body of an embeddings answer, as the model's maker gives it: Titan for one text, Cohere for several. */
export function writeEmbeddings(envelope: Envelope, { body = {} }: Incoming, { texts }: Question, { input }: Use): object {
  if (body['inputText'] !== undefined) {
    return { embedding: toVector(texts[0] ?? '', body['dimensions']), inputTextTokenCount: input };
  }
  const embeddings = texts.map((text) => toVector(text, body['output_dimension']));
  return { id: envelope.id, texts, embeddings, response_type: 'embeddings_floats' };
}

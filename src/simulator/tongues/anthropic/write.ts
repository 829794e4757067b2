import type { Choice, Content } from '../../content.ts';
import { EVENT_STREAM, toSse } from '../sse.ts';
import { parseArguments, sign, splitText } from '../texts.ts';
import type { Envelope, Incoming, Script, StreamEvent } from '../tongue.ts';

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

/** The body of a plain answer. */
export function writeChat(envelope: Envelope, content: Content): object {
  const [choice] = content.choices;
  const blocks = choice === undefined ? [] : toBlocks(choice).map(({ whole }) => whole);
  return { ...toHead(envelope), content: blocks, ...toStop(choice), usage: toUsage(content) };
}

function toHead({ id, model }: Envelope): object {
  return { id, type: 'message', role: 'assistant', model };
}

function toStop(choice: Choice | undefined): object {
  if (choice === undefined) return { stop_reason: null, stop_sequence: null };
  const usual = choice.refusal === null ? choice.finishReason : 'content_filter';
  const details = choice.refusal === null ? {} : { stop_details: { type: 'refusal', category: null, explanation: choice.refusal } };
  return { stop_reason: STOP_REASONS[usual] ?? usual, stop_sequence: null, ...details };
}

/** A block of content: as a whole, as it begins, and in pieces. */
interface Block {
  readonly whole: object;
  readonly start: object;
  readonly deltas: (pieces: number) => readonly object[];
}

function toBlocks({ reasoning, content, toolCalls }: Choice): readonly Block[] {
  return [
    ...(reasoning === null ? [] : [toThinking(reasoning)]),
    ...(content === null || content === '' ? [] : [toText(content)]),
    ...toolCalls.map((call) => toToolUse(call)),
  ];
}

function toThinking(thinking: string): Block {
  const signature = sign(thinking);
  return {
    whole: { type: 'thinking', thinking, signature },
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: (pieces) => [
      ...splitText(thinking, pieces).map((piece) => ({ type: 'thinking_delta', thinking: piece })),
      { type: 'signature_delta', signature },
    ],
  };
}

function toText(text: string): Block {
  return {
    whole: { type: 'text', text },
    start: { type: 'text', text: '' },
    deltas: (pieces) => splitText(text, pieces).map((piece) => ({ type: 'text_delta', text: piece })),
  };
}

function toToolUse({ id, name, arguments: text }: Choice['toolCalls'][number]): Block {
  const input = parseArguments(text);
  return {
    whole: { type: 'tool_use', id, name, input },
    start: { type: 'tool_use', id, name, input: {} },
    deltas: (pieces) => {
      const json = Object.keys(input).length === 0 ? [] : splitText(JSON.stringify(input), pieces);
      // The first piece is always empty, and the only one of a call without arguments.
      return ['', ...json].map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
    },
  };
}

/** The input leaves out what the cache gave and took. */
function toUsage({ use, tokens }: Content): object {
  return {
    input_tokens: use.input - tokens.cached - tokens.cacheWrite,
    cache_creation_input_tokens: tokens.cacheWrite,
    cache_read_input_tokens: tokens.cached,
    cache_creation: { ephemeral_5m_input_tokens: tokens.cacheWrite, ephemeral_1h_input_tokens: 0 },
    output_tokens: use.output,
    ...(tokens.reasoning === 0 ? {} : { output_tokens_details: { thinking_tokens: tokens.reasoning } }),
    service_tier: 'standard',
  };
}

/** A streamed answer. Opening and closing a block travels with its first and last piece. */
export function writeStream(envelope: Envelope, content: Content, _incoming: Incoming, pieces: number): Script {
  const [choice] = content.choices;
  const usage = toUsage(content);
  const started = { ...toHead(envelope), content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } };
  const opening = [toEvent({ type: 'message_start', message: started }), toEvent({ type: 'ping' })];
  const blocks = choice === undefined ? [] : toBlocks(choice);
  const deltas = blocks.flatMap((block, index) => toChunks(block, index, pieces));
  const closing = [[toEvent({ type: 'message_delta', delta: toStop(choice), usage })], [toEvent({ type: 'message_stop' })]];
  return { contentType: EVENT_STREAM, chunks: [opening, ...deltas, ...closing], closing: closing.length, frame: toSse };
}

function toChunks(block: Block, index: number, pieces: number): readonly (readonly StreamEvent[])[] {
  const deltas = block.deltas(pieces).map((delta) => toEvent({ type: 'content_block_delta', index, delta }));
  return deltas.map((delta, place) => [
    ...(place === 0 ? [toEvent({ type: 'content_block_start', index, content_block: block.start })] : []),
    delta,
    ...(place === deltas.length - 1 ? [toEvent({ type: 'content_block_stop', index })] : []),
  ]);
}

/** An event bears the name of its type. */
function toEvent(data: { readonly type: string; readonly [more: string]: unknown }): StreamEvent {
  return { event: data.type, data };
}

import type { ChatChunk, Delta } from '../../chat/chunk.ts';
import type { WireEvent } from '../../wire/types.ts';
import { isLoose, type Loose } from '../loose.ts';
import { isTold } from '../openai/finish.ts';
import { readEvent } from '../parts.ts';
import type { DecodeContext, Decoded, StreamDecoder } from '../provider.ts';
import { toAnnotations } from './citations.ts';
import { findFailure, readFinish } from './finish.ts';
import { COHERE } from './messages.ts';
import { toUsage } from './usage.ts';

const NOTHING: Decoded = { kind: 'nothing' };

/** Starts the decoding of one stream of chat. */
export function startStream(context: DecodeContext): ChatDecoder {
  return new ChatDecoder(context);
}

/** Events to chunks, one to one. Complete is a stream with `message-end` alone, which ends and counts in one. Never throws. */
export class ChatDecoder implements StreamDecoder {
  readonly #context: DecodeContext;
  readonly #calls = new Map<unknown, { readonly index: number; empty: boolean }>();
  readonly #kinds = new Map<unknown, { readonly kind: unknown; readonly detail: number }>();
  #details = 0;
  #id: string | undefined;
  #started = false;
  #ended = false;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  get complete(): boolean {
    return this.#ended;
  }

  decode(event: WireEvent): Decoded {
    if (this.#ended) return NOTHING;
    const read = readEvent(event);
    if (read.kind === 'nothing') return NOTHING;
    if (read.kind === 'error') return read;
    const { body } = read;
    const type = typeof body['type'] === 'string' ? body['type'] : event.event;
    const isFlat = type === undefined && typeof body['message'] === 'string';
    if (type === 'error' || event.event === 'error' || isTold(body['error']) || isFlat) return { kind: 'error', body };
    if (type === 'message-end') return this.#end(body);
    const delta = this.#toDelta(type, body);
    return delta === undefined ? NOTHING : { kind: 'chunk', chunk: this.chunk(delta) };
  }

  /** Remembers the name of the answer. */
  name(id: unknown): void {
    if (this.#id === undefined && typeof id === 'string' && id !== '') this.#id = id;
  }

  /** A whole part of the content. */
  part(part: Loose): Delta {
    const index = this.#kinds.size;
    return this.#startPart(index, part) ?? {};
  }

  /** A whole call. */
  call(call: Loose): Delta {
    const index = this.#calls.size;
    const start = this.#startCall(index, call);
    const end = this.#endCall(index);
    return { tool_calls: [...(start.tool_calls ?? []), ...(end?.tool_calls ?? [])] };
  }

  citation(citation: Loose): Delta {
    return { annotations: toAnnotations(citation), citations: [citation] };
  }

  chunk(delta: Delta): ChatChunk {
    const role = this.#started ? {} : { role: 'assistant' as const };
    this.#started = true;
    return { ...this.#base(), choices: [{ index: 0, delta: { ...role, ...delta }, finish_reason: null }] };
  }

  /** The last chunk: why the message ended, and what it cost. */
  last(told: Loose): ChatChunk {
    const { finish, extra } = readFinish(told['finish_reason']);
    const usage = toUsage(told['usage']);
    const { choices, ...chunk } = this.chunk({});
    return {
      ...chunk,
      choices: choices.map((choice) => ({ ...choice, ...extra, finish_reason: finish })),
      ...(usage === undefined ? {} : { usage }),
    };
  }

  #end(body: Loose): Decoded {
    const told = isLoose(body['delta']) ? body['delta'] : {};
    const failure = findFailure(told);
    if (failure !== undefined) return { kind: 'error', body: failure };
    this.name(body['id']);
    this.#ended = true;
    const { usage, ...finish } = this.last(told);
    return { kind: 'end', chunks: usage == null ? [finish] : [finish, { ...finish, choices: [], usage }] };
  }

  #toDelta(type: string | undefined, body: Loose): Delta | undefined {
    const { index } = body;
    const message = isLoose(body['delta']) && isLoose(body['delta']['message']) ? body['delta']['message'] : {};
    switch (type) {
      case 'message-start':
        this.name(body['id']);
        return this.#started ? undefined : {};
      case 'content-start':
        return isLoose(message['content']) ? this.#startPart(index, message['content']) : undefined;
      case 'content-delta':
        return isLoose(message['content']) ? this.#growPart(index, message['content']) : undefined;
      case 'tool-plan-delta':
        return isText(message['tool_plan']) ? { tool_plan: message['tool_plan'] } : undefined;
      case 'tool-call-start':
        return this.#startCall(index, firstOf(message['tool_calls']));
      case 'tool-call-delta':
        return this.#growCall(index, firstOf(message['tool_calls']));
      case 'tool-call-end':
        return this.#endCall(index);
      case 'citation-start': {
        const citation = firstOf(message['citations']);
        return Object.keys(citation).length === 0 ? undefined : this.citation(citation);
      }
      default:
        return undefined;
    }
  }

  #startPart(index: unknown, part: Loose): Delta | undefined {
    const isThinking = part['type'] === 'thinking' || (part['type'] === undefined && typeof part['thinking'] === 'string');
    this.#kinds.set(index, { kind: isThinking ? 'thinking' : part['type'], detail: isThinking ? this.#details++ : 0 });
    return this.#growPart(index, part);
  }

  #growPart(index: unknown, { text, thinking }: Loose): Delta | undefined {
    if (isText(text)) return { content: text };
    if (!isText(thinking)) return undefined;
    const detail = this.#kinds.get(index)?.detail ?? 0;
    return { reasoning_content: thinking, reasoning_details: [{ type: 'reasoning.text', text: thinking, format: COHERE, index: detail }] };
  }

  #startCall(index: unknown, call: Loose): Delta {
    const { name, arguments: text } = isLoose(call['function']) ? call['function'] : {};
    const given = toArguments(text);
    const known = { index: this.#calls.size, empty: given === '' };
    this.#calls.set(index, known);
    return {
      tool_calls: [
        {
          index: known.index,
          ...(isText(call['id']) ? { id: call['id'] } : {}),
          type: 'function',
          function: { name: isText(name) ? name : '', arguments: given },
        },
      ],
    };
  }

  #growCall(index: unknown, call: Loose): Delta | undefined {
    const known = this.#calls.get(index);
    const text = isLoose(call['function']) ? call['function']['arguments'] : undefined;
    if (known === undefined || !isText(text)) return undefined;
    known.empty = false;
    return { tool_calls: [{ index: known.index, function: { arguments: text } }] };
  }

  /** A call without arguments has none in the stream, and is JSON nevertheless. */
  #endCall(index: unknown): Delta | undefined {
    const known = this.#calls.get(index);
    if (known === undefined || !known.empty) return undefined;
    known.empty = false;
    return { tool_calls: [{ index: known.index, function: { arguments: '{}' } }] };
  }

  #base(): Pick<ChatChunk, 'id' | 'object' | 'created' | 'model'> {
    const { now, requestId, model } = this.#context;
    return { id: this.#id ?? requestId ?? '', object: 'chat.completion.chunk', created: Math.floor(now / 1000), model };
  }
}

/** Streams have one where plain answers have a list. */
function firstOf(value: unknown): Loose {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return isLoose(first) ? first : {};
}

/** Cohere writes `null` for a call without arguments. */
function toArguments(text: unknown): string {
  if (typeof text !== 'string') return isLoose(text) ? JSON.stringify(text) : '';
  return text.trim() === 'null' ? '' : text;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

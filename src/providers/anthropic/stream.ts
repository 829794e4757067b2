import type { ChatChunk, Delta } from '../../chat/chunk.ts';
import type { WireEvent } from '../../wire/types.ts';
import { isLoose, type Loose } from '../loose.ts';
import { isTold } from '../openai/finish.ts';
import { readEvent } from '../parts.ts';
import type { DecodeContext, Decoded, StreamDecoder } from '../provider.ts';
import { Blocks } from './blocks.ts';
import type { Block } from './content.ts';
import { readEnd } from './finish.ts';
import { toFormat } from './format.ts';
import { mergeUsage, toUsage } from './usage.ts';

const NOTHING: Decoded = { kind: 'nothing' };
/** Fields of a message that have a place of their own, or would take one of the chunk's. */
const MESSAGE_FIELDS = new Set([
  'id',
  'type',
  'role',
  'model',
  'content',
  'stop_reason',
  'stop_sequence',
  'stop_details',
  'usage',
  'object',
  'created',
  'choices',
]);

/** Starts the decoding of one stream of Messages. */
export function startStream(context: DecodeContext): MessageDecoder {
  return new MessageDecoder(context);
}

/**
 * Events to chunks. Complete is a stream with `message_stop` alone. A plain answer is read by the same code, as a message whose blocks come
 * all at once, so that both say the same. Never throws.
 */
export class MessageDecoder implements StreamDecoder {
  readonly #context: DecodeContext;
  readonly #blocks: Blocks;
  #id: string | undefined;
  #model: string;
  #usage: Loose | undefined;
  #spoke = false;
  #refused = false;
  #ended = false;

  constructor(context: DecodeContext) {
    this.#context = context;
    this.#model = context.model;
    const format = context.asked.operation === 'chat' ? toFormat(context.asked.request, context.model) : undefined;
    this.#blocks = new Blocks(format?.kind === 'tool' ? format.name : undefined);
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
    if (type === 'error' || event.event === 'error' || isTold(body['error'])) return { kind: 'error', body };
    return this.#decodeEvent(type, body);
  }

  /** The first chunk of a message, with what it says already. */
  begin(message: Loose): ChatChunk {
    this.#id = typeof message['id'] === 'string' ? message['id'] : '';
    if (typeof message['model'] === 'string' && message['model'] !== '') this.#model = message['model'];
    this.#usage = mergeUsage(undefined, message['usage']);
    const content = Array.isArray(message['content']) ? (message['content'] as unknown[]).filter(isLoose) : [];
    const said = content.flatMap((block) => [...this.#blocks.open(this, block), ...this.#blocks.close(this)]);
    const first = this.#toChunk(said, keep(message));
    return typeof message['stop_reason'] === 'string' ? this.#finish(message, first) : first;
  }

  /** The last chunks: what a message that names no reason to stop kept back, and the counts. */
  end(): readonly ChatChunk[] {
    this.#ended = true;
    const left = this.#blocks.end();
    const usage = toUsage(this.#usage);
    return [
      ...(left.length === 0 ? [] : [this.#toChunk(left, {})]),
      ...(usage === undefined ? [] : [{ ...this.#base(), choices: [], usage }]),
    ];
  }

  #decodeEvent(type: string | undefined, body: Loose): Decoded {
    switch (type) {
      case 'message_start':
        return this.#start(isLoose(body['message']) ? body['message'] : {});
      case 'content_block_start':
        return this.#toDecoded(isLoose(body['content_block']) ? this.#blocks.open(body['index'], body['content_block']) : []);
      case 'content_block_delta':
        return this.#toDecoded(isLoose(body['delta']) ? this.#blocks.change(body['index'], body['delta']) : []);
      case 'content_block_stop':
        return this.#toDecoded(this.#blocks.close(body['index']));
      case 'message_delta':
        return this.#change(body);
      case 'message_stop': {
        const chunks = this.end();
        return chunks.length === 0 ? { kind: 'end' } : { kind: 'end', chunks };
      }
      default:
        return NOTHING;
    }
  }

  /** Some proxies say the beginning twice; another message in the middle of one is two answers mixed into each other. */
  #start(message: Loose): Decoded {
    if (this.#id === undefined) return { kind: 'chunk', chunk: this.begin(message) };
    if (message['id'] === this.#id || typeof message['id'] !== 'string') return NOTHING;
    return {
      kind: 'error',
      body: { type: 'error', error: { type: 'api_error', message: 'Another message began before the first one ended' } },
    };
  }

  #change(body: Loose): Decoded {
    this.#usage = mergeUsage(this.#usage, body['usage']);
    const delta = isLoose(body['delta']) ? body['delta'] : {};
    const { type: _type, delta: _delta, usage: _usage, ...beside } = body;
    return { kind: 'chunk', chunk: this.#finish(delta, this.#toChunk([], { ...keep(beside), ...keep(delta) })) };
  }

  #finish(told: Loose, chunk: ChatChunk): ChatChunk {
    const last = this.#blocks.end();
    const { finish, refusal, extra } = readEnd(told, this.#blocks);
    // Texts of deltas add up, and some proxies say the end twice.
    const refused = refusal === undefined || this.#refused ? [] : [{ refusal }];
    this.#refused ||= refusal !== undefined;
    const choices = chunk.choices.map((choice) => ({
      ...choice,
      ...extra,
      delta: join([choice.delta, ...last, ...refused]),
      finish_reason: finish,
    }));
    return { ...chunk, choices };
  }

  #toDecoded(deltas: readonly Delta[]): Decoded {
    return deltas.length === 0 ? NOTHING : { kind: 'chunk', chunk: this.#toChunk(deltas, {}) };
  }

  /** The first one says who speaks, also in a stream that lost its beginning. */
  #toChunk(deltas: readonly Delta[], extra: Loose): ChatChunk {
    const role = this.#spoke ? [] : [{ role: 'assistant' as const }];
    this.#spoke = true;
    return { ...extra, ...this.#base(), choices: [{ index: 0, delta: join([...role, ...deltas]), finish_reason: null }] };
  }

  #base(): Pick<ChatChunk, 'id' | 'object' | 'created' | 'model'> {
    const { now, requestId } = this.#context;
    const id = this.#id === undefined || this.#id === '' ? (requestId ?? '') : this.#id;
    return { id, object: 'chat.completion.chunk', created: Math.floor(now / 1000), model: this.#model };
  }
}

/** What is told of a message beside the usual. */
function keep(message: Loose): Block {
  return Object.fromEntries(Object.entries(message).filter(([field, value]) => !MESSAGE_FIELDS.has(field) && value !== null));
}

/** Deltas of one moment as one: texts and lists grow. */
function join(deltas: readonly Delta[]): Delta {
  const joined: Record<string, unknown> = {};
  for (const delta of deltas) {
    for (const [field, value] of Object.entries(delta)) {
      const before = joined[field];
      if (typeof before === 'string' && typeof value === 'string') joined[field] = before + value;
      else if (Array.isArray(before) && Array.isArray(value)) joined[field] = [...(before as unknown[]), ...(value as unknown[])];
      else joined[field] = value;
    }
  }
  return joined;
}

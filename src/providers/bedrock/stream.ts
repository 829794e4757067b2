import type { ChatChunk, Delta } from '../../chat/chunk.ts';
import type { Usage } from '../../chat/reply.ts';
import type { WireEvent } from '../../wire/types.ts';
import { isLoose, type Loose } from '../loose.ts';
import { readEvent } from '../parts.ts';
import type { DecodeContext, Decoded, StreamDecoder } from '../provider.ts';
import { Blocks } from './blocks.ts';
import { toErrorBody } from './errors.ts';
import { formatOf } from './families.ts';
import { isBroken, toFinishReason } from './finish.ts';
import { toFormat } from './format.ts';
import { toUsage } from './usage.ts';

const NOTHING: Decoded = { kind: 'nothing' };
/** Fields that have a place of their own, would take one of the chunk's, or are padding against eavesdroppers (`p`). */
const OWN_FIELDS = new Set(['output', 'stopReason', 'usage', 'p', 'id', 'object', 'created', 'model', 'choices']);
const EVENTS = ['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop', 'metadata'];

/** Starts the decoding of one ConverseStream. */
export function startStream(context: DecodeContext): ConverseDecoder {
  return new ConverseDecoder(context);
}

/**
 * Events to chunks. Complete is a stream with its `messageStop`; the counts come behind it, with some models before it: then they go out with
 * the finish reason, so that the last chunk has them. A plain answer is read by the same code, so that both say the same. Never throws.
 */
export class ConverseDecoder implements StreamDecoder {
  readonly #context: DecodeContext;
  readonly #blocks: Blocks;
  #begun = false;
  #stopped = false;
  #metadata: Loose | undefined;

  constructor(context: DecodeContext) {
    this.#context = context;
    const { asked, model, provider } = context;
    const format = asked.operation === 'chat' ? toFormat(asked.request, model, provider) : undefined;
    this.#blocks = new Blocks(format?.kind === 'tool' ? format.name : undefined, formatOf(model));
  }

  get complete(): boolean {
    return this.#stopped;
  }

  decode(event: WireEvent): Decoded {
    if (event.exception === true || isException(event.event)) return { kind: 'error', body: toErrorBody(event) };
    const read = readEvent(event);
    if (read.kind === 'nothing') return NOTHING;
    if (read.kind === 'error') return read;
    const { body } = read;
    if (event.event !== undefined && event.event !== 'message') return this.#decodeEvent(event.event, body);
    // Gateways that send other frames put the event's name around it.
    const [name = ''] = Object.keys(body);
    const inner = body[name];
    if (isException(name)) return { kind: 'error', body: toErrorBody({ event: name, data: JSON.stringify(inner) }) };
    return EVENTS.includes(name) && isLoose(inner) ? this.#decodeEvent(name, inner) : NOTHING;
  }

  /** The chunks of a plain answer with these blocks; `undefined` for one that the model spoilt. */
  decodeMessage(content: readonly Loose[], answer: Loose): readonly ChatChunk[] | undefined {
    const said = this.#toChunk(content.flatMap((block) => this.#blocks.add(block)));
    const { stopReason, metrics, usage, trace, performanceConfig, serviceTier, ...others } = answer;
    const stopped = this.#stop({ stopReason, ...others });
    if (stopped === undefined) return undefined;
    const last = this.#count({ metrics, usage, trace, performanceConfig, serviceTier });
    return [said, stopped, ...(last === undefined ? [] : [last])];
  }

  #decodeEvent(name: string, body: Loose): Decoded {
    const place = body['contentBlockIndex'];
    switch (name) {
      case 'messageStart':
        return this.#begun ? NOTHING : { kind: 'chunk', chunk: this.#toChunk([]) };
      case 'contentBlockStart':
        return this.#toDecoded(this.#blocks.open(place, isLoose(body['start']) ? body['start'] : {}));
      case 'contentBlockDelta':
        return this.#toDecoded(isLoose(body['delta']) ? this.#blocks.change(place, body['delta']) : []);
      case 'contentBlockStop':
        return this.#toDecoded(this.#blocks.close(place));
      case 'messageStop':
        return this.#decodeStop(body);
      case 'metadata':
        return this.#decodeMetadata(body);
      default:
        return NOTHING;
    }
  }

  #decodeStop(body: Loose): Decoded {
    if (this.#stopped) return NOTHING;
    const stopped = this.#stop(body);
    if (stopped === undefined) return { kind: 'error', body: toSpoilt(body['stopReason']) };
    const counts = this.#metadata === undefined ? undefined : this.#count(this.#metadata);
    return counts === undefined ? { kind: 'chunk', chunk: stopped } : { kind: 'end', chunks: [stopped, counts] };
  }

  #decodeMetadata(body: Loose): Decoded {
    if (this.#metadata !== undefined) return NOTHING;
    this.#metadata = body;
    if (!this.#stopped) return NOTHING;
    const counts = this.#count(body);
    return counts === undefined ? { kind: 'end' } : { kind: 'end', chunks: [counts] };
  }

  #stop({ stopReason, ...others }: Loose): ChatChunk | undefined {
    const native = typeof stopReason === 'string' && stopReason !== '' ? stopReason : undefined;
    if (native !== undefined && isBroken(native) && !this.#blocks.hasOutput) return undefined;
    this.#stopped = true;
    const chunk = this.#toChunk(this.#blocks.end());
    const finish = native === undefined ? null : toFinishReason(native, this.#blocks);
    const said = native === undefined ? {} : { native_finish_reason: native };
    const refusal = native === 'refusal' ? { refusal: 'The model refused to answer.' } : {};
    const choices = chunk.choices.map((choice) => ({
      ...choice,
      ...said,
      delta: { ...choice.delta, ...refusal },
      finish_reason: finish,
    }));
    return { ...keep(others), ...chunk, choices };
  }

  /** The last chunk, where there is anything to tell. */
  #count({ usage, ...others }: Loose): ChatChunk | undefined {
    const counted: Usage | undefined = toUsage(usage);
    const more = keep(others);
    if (counted === undefined && Object.keys(more).length === 0) return undefined;
    return { ...more, ...this.#base(), choices: [], ...(counted === undefined ? {} : { usage: counted }) };
  }

  #toDecoded(deltas: readonly Delta[]): Decoded {
    return deltas.length === 0 ? NOTHING : { kind: 'chunk', chunk: this.#toChunk(deltas) };
  }

  /** The first one says who speaks, also in a stream without its `messageStart`. */
  #toChunk(deltas: readonly Delta[]): ChatChunk {
    const all: readonly Delta[] = this.#begun ? deltas : [{ role: 'assistant' }, ...deltas];
    this.#begun = true;
    return { ...this.#base(), choices: [{ index: 0, delta: join(all), finish_reason: null }] };
  }

  #base(): Pick<ChatChunk, 'id' | 'object' | 'created' | 'model'> {
    const { now, requestId, model } = this.#context;
    return { id: requestId ?? '', object: 'chat.completion.chunk', created: Math.floor(now / 1000), model };
  }
}

function isException(name: string | undefined): boolean {
  return name !== undefined && /exception$/i.test(name);
}

/** As Bedrock calls it when a model fails. */
export function toSpoilt(stopReason: unknown): Loose {
  return { __type: 'ModelErrorException', message: `The model spoilt its answer: ${String(stopReason)}` };
}

/** What is told beside the usual. */
function keep(told: Loose): Loose {
  const kept = Object.entries(told).filter(([field, value]) => !OWN_FIELDS.has(field) && value !== null && value !== undefined);
  return Object.fromEntries(kept);
}

/** Deltas of one moment as one: texts and lists grow. */
function join(deltas: readonly Delta[]): Delta {
  const [only] = deltas;
  if (only !== undefined && deltas.length === 1) return only;
  const joined: Record<string, unknown> = {};
  for (const [field, value] of deltas.flatMap((delta) => Object.entries(delta))) {
    const before = joined[field];
    if (typeof before === 'string' && typeof value === 'string') joined[field] = before + value;
    else if (Array.isArray(before) && Array.isArray(value)) joined[field] = [...(before as unknown[]), ...(value as unknown[])];
    else joined[field] = value;
  }
  return joined;
}

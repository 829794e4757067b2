import type { Delta, ToolCallDelta } from '../../chat/chunk.ts';
import type { Annotation, ReasoningDetail } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';
import { toAnnotation } from './citations.ts';
import type { Block } from './content.ts';
import { CLAUDE } from './reasoning.ts';

/** One block while it grows. Texts are kept in pieces: joining them for each delta would take quadratic time. */
interface Growing {
  readonly start: Block;
  readonly pieces: Map<string, string[]>;
  readonly citations: unknown[];
  readonly more: Map<string, unknown>;
  /** Where its text begins in the content. */
  readonly from: number;
  /** Of a tool call or a piece of reasoning among its kind. */
  readonly index: number;
}

/** Fields that deltas write, by the delta's type. */
const GROWS: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  signature_delta: 'signature',
  input_json_delta: 'partial_json',
  compaction_delta: 'content',
};

/** What a block that nobody opened is, by its first delta. A signature alone is no thought. */
const STARTS: Readonly<Record<string, Block>> = {
  text_delta: { type: 'text', text: '' },
  citations_delta: { type: 'text', text: '' },
  thinking_delta: { type: 'thinking', thinking: '' },
  input_json_delta: { type: 'tool_use', id: '', name: '', input: {} },
  compaction_delta: { type: 'compaction' },
};

/** Content blocks, one after the other, to deltas of a message. Keeps the originals for what a message cannot hold otherwise. */
export class Blocks {
  readonly #open = new Map<unknown, Growing>();
  readonly #closed: Block[] = [];
  /** The tool whose input is the answer. */
  readonly #answerTool: string | undefined;
  #length = 0;
  #calls = 0;
  #details = 0;
  #answered = false;
  /** Text that is the answer only if the answer's tool is not called. */
  readonly #held: string[] = [];

  constructor(answerTool: string | undefined) {
    this.#answerTool = answerTool;
  }

  /** The answer came as the input of a tool. */
  get answered(): boolean {
    return this.#answered;
  }

  get calls(): number {
    return this.#calls;
  }

  open(index: unknown, start: Block): readonly Delta[] {
    const before = this.close(index);
    const block: Growing = { start, pieces: new Map(), citations: [], more: new Map(), from: this.#length, index: this.#number(start) };
    this.#open.set(index, block);
    return [...before, ...this.#opening(block)];
  }

  change(index: unknown, delta: Loose): readonly Delta[] {
    const type = typeof delta['type'] === 'string' ? delta['type'] : '';
    // Some proxies leave out where a block begins.
    const start = this.#open.has(index) || !Object.hasOwn(STARTS, type) ? undefined : STARTS[type];
    const opened = start === undefined ? [] : this.open(index, start);
    const block = this.#open.get(index);
    return block === undefined ? [] : [...opened, ...this.#change(block, type, delta)];
  }

  #change(block: Growing, type: string, delta: Loose): readonly Delta[] {
    const field = Object.hasOwn(GROWS, type) ? GROWS[type] : undefined;
    if (field !== undefined && typeof delta[field] === 'string') return this.#grow(block, field, delta[field]);
    if (type === 'citations_delta') block.citations.push(delta['citation']);
    else for (const [name, value] of Object.entries(delta)) if (name !== 'type') block.more.set(name, value);
    return [];
  }

  close(index: unknown): readonly Delta[] {
    const block = this.#open.get(index);
    if (block === undefined) return [];
    this.#open.delete(index);
    const whole = toWhole(block);
    this.#closed.push(whole);
    return this.#closing(block, whole);
  }

  /** What is left to say when the message is over. */
  end(): readonly Delta[] {
    const closed = [...this.#open.keys()].flatMap((index) => this.close(index));
    const held = this.#answered || this.#held.length === 0 ? [] : [{ content: this.#held.splice(0).join('') }];
    const originals = this.#answered || isPlain(this.#closed) ? [] : [{ content_blocks: this.#closed.splice(0) }];
    return [...closed, ...held, ...originals];
  }

  #number({ type, name }: Block): number {
    if (type === 'tool_use' && !this.#isAnswer(name)) return this.#calls++;
    return type === 'thinking' || type === 'redacted_thinking' ? this.#details++ : 0;
  }

  #isAnswer(name: unknown): boolean {
    return this.#answerTool !== undefined && name === this.#answerTool;
  }

  #opening(block: Growing): readonly Delta[] {
    const { type, text, thinking, signature, data, id, name } = block.start;
    switch (type) {
      case 'text':
        return isText(text) ? this.#say(text) : [];
      case 'thinking':
        return [
          toReasoning(block, { text: isText(thinking) ? thinking : '', ...(isText(signature) ? { signature } : {}) }),
          ...(isText(thinking) ? [{ reasoning_content: thinking }] : []),
        ];
      case 'redacted_thinking':
        return isText(data) ? [{ reasoning_details: [{ type: 'reasoning.encrypted', data, format: CLAUDE, index: block.index }] }] : [];
      case 'tool_use':
        if (this.#isAnswer(name)) {
          this.#answered = true;
          return [];
        }
        return [toCall(block, { id: isText(id) ? id : '', type: 'function', function: { name: isText(name) ? name : '', arguments: '' } })];
      default:
        return [];
    }
  }

  #grow(block: Growing, field: string, piece: string): readonly Delta[] {
    const pieces = block.pieces.get(field);
    if (pieces === undefined) block.pieces.set(field, [piece]);
    else pieces.push(piece);
    if (piece === '') return [];
    const { type, name } = block.start;
    if (type === 'text' && field === 'text') return this.#say(piece);
    if (type === 'thinking' && field === 'thinking') return [{ ...toReasoning(block, { text: piece }), reasoning_content: piece }];
    if (type === 'thinking' && field === 'signature') return [toReasoning(block, { signature: piece })];
    if (type !== 'tool_use' || field !== 'partial_json') return [];
    return this.#isAnswer(name) ? [{ content: piece }] : [toCall(block, { function: { arguments: piece } })];
  }

  #closing(block: Growing, whole: Block): readonly Delta[] {
    const { type, name } = block.start;
    if (type === 'tool_use' && !hasPieces(block, 'partial_json')) {
      const text = JSON.stringify(whole['input'] ?? {});
      return this.#isAnswer(name) ? [{ content: text }] : [toCall(block, { function: { arguments: text } })];
    }
    const { citations } = whole;
    if (type !== 'text' || !Array.isArray(citations)) return [];
    const place = { start_index: block.from, end_index: this.#length };
    const annotations = (citations as unknown[]).flatMap((citation): Annotation[] =>
      isLoose(citation) ? [toAnnotation(citation, place)] : [],
    );
    return annotations.length === 0 ? [] : [{ annotations }];
  }

  #say(text: string): readonly Delta[] {
    this.#length += text.length;
    if (this.#answerTool === undefined) return [{ content: text }];
    this.#held.push(text);
    return [];
  }
}

function toReasoning({ index }: Growing, said: { readonly text?: string; readonly signature?: string }): Delta {
  const detail: ReasoningDetail = { type: 'reasoning.text', ...said, format: CLAUDE, index };
  return { reasoning_details: [detail] };
}

function toCall({ index }: Growing, call: Omit<ToolCallDelta, 'index'>): Delta {
  return { tool_calls: [{ index, ...call }] };
}

/** The block as a plain answer would have it. */
function toWhole({ start, pieces, citations, more }: Growing): Block {
  const whole: Record<string, unknown> = { ...start, ...Object.fromEntries(more) };
  for (const [field, texts] of pieces) {
    const text = texts.join('');
    if (field === 'partial_json') {
      if (text !== '') whole['input'] = parse(text);
    } else {
      const before = start[field];
      whole[field] = (isText(before) ? before : '') + text;
    }
  }
  if (citations.length > 0)
    whole['citations'] = [...(Array.isArray(start['citations']) ? (start['citations'] as unknown[]) : []), ...citations];
  return whole;
}

/** An input that was cut stays the text that it is. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function hasPieces({ pieces }: Growing, field: string): boolean {
  return pieces.get(field)?.some((piece) => piece !== '') === true;
}

/**
 * True when a message says all that the blocks say: thoughts, then one text, then calls. Interleaved thoughts, citations, the provider's own tools
 * and kinds that nobody knows yet need the blocks themselves, to be kept and to be given back.
 */
function isPlain(blocks: readonly Block[]): boolean {
  const order = blocks.map(({ type, citations, caller }) => {
    if (type === 'thinking' || type === 'redacted_thinking') return 'r';
    if (type === 'text') return Array.isArray(citations) && citations.length > 0 ? '?' : 't';
    const isDirect = caller === undefined || caller === null || (isLoose(caller) && caller['type'] === 'direct');
    return type === 'tool_use' && isDirect ? 'c' : '?';
  });
  return /^r*t?c*$/.test(order.join(''));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

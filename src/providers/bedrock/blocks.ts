import type { Delta, ToolCallDelta } from '../../chat/chunk.ts';
import type { Annotation, ReasoningDetail } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';
import { toAnnotation } from './citations.ts';
import type { Block } from './content.ts';
import { growing, isPlain, SERVER_TOOL, toWhole, type Growing, type Kind } from './growing.ts';

/** Content blocks, one after the other, to deltas of a message. Keeps the originals for what a message cannot hold otherwise. */
export class Blocks {
  readonly #open = new Map<unknown, Growing>();
  readonly #closed: Block[] = [];
  /** The tool whose input is the answer. */
  readonly #answerTool: string | undefined;
  readonly #format: string;
  /** Text that is the answer only if the answer's tool is not called. */
  readonly #held: string[] = [];
  #length = 0;
  #calls = 0;
  #details = 0;
  #answered = false;

  /** `format`: of the reasoning. */
  constructor(answerTool: string | undefined, format: string) {
    this.#answerTool = answerTool;
    this.#format = format;
  }

  /** The answer came as the input of a tool. */
  get answered(): boolean {
    return this.#answered;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Anything was said that a caller would miss. */
  get hasOutput(): boolean {
    return this.#answered || this.#calls > 0 || this.#length > 0;
  }

  open(place: unknown, start: Loose): readonly Delta[] {
    const before = this.close(place);
    // Texts and reasoning begin without a word of what they are.
    return isLoose(start['toolUse']) || Object.keys(start).length > 0 ? [...before, ...this.#begin(place, start)] : before;
  }

  change(place: unknown, delta: Loose): readonly Delta[] {
    const opened = this.#open.has(place) ? [] : this.#begin(place, {}, kindOf(delta));
    const block = this.#open.get(place);
    return block === undefined ? opened : [...opened, ...this.#grow(block, delta)];
  }

  /** `whole`: the block as it came, where it came at once. */
  close(place: unknown, whole?: Block): readonly Delta[] {
    const block = this.#open.get(place);
    if (block === undefined) return [];
    this.#open.delete(place);
    const original = whole ?? toWhole(block);
    if (original !== undefined) this.#closed.push(original);
    return this.#closing(block);
  }

  /** A block of a plain answer. */
  add(block: Block): readonly Delta[] {
    const { toolUse, text, reasoningContent: reasoning, citationsContent: cited } = block;
    const deltas = isLoose(toolUse) ? toInput(toolUse) : isLoose(reasoning) ? toThoughts(reasoning) : isLoose(cited) ? toCited(cited) : [];
    if (typeof text === 'string') deltas.push({ text });
    const start = isLoose(toolUse) ? { toolUse } : deltas.length === 0 ? block : {};
    return [...this.open(block, start), ...deltas.flatMap((delta) => this.change(block, delta)), ...this.close(block, block)];
  }

  /** What is left to say when the message is over. */
  end(): readonly Delta[] {
    const closed = [...this.#open.keys()].flatMap((place) => this.close(place));
    const held = this.#answered ? [] : this.#held.splice(0);
    // What stood beside an answer that is a tool's input has no other place.
    const isTold = this.#answered ? this.#held.length === 0 : isPlain(this.#closed);
    return [...closed, ...(held.length === 0 ? [] : [{ content: held.join('') }]), ...(isTold ? [] : [{ converse_content: this.#closed }])];
  }

  #begin(place: unknown, start: Loose, told?: Kind): readonly Delta[] {
    const kind = told ?? this.#kindOf(start);
    const index = kind === 'call' ? this.#calls++ : kind === 'reasoning' ? this.#details++ : 0;
    const block = growing(kind, start, index, this.#length);
    this.#open.set(place, block);
    if (kind === 'answer') this.#answered = true;
    if (kind !== 'call') return [];
    const { toolUseId: id, name } = isLoose(start['toolUse']) ? start['toolUse'] : {};
    return [toCall(block, { id: toTextOf(id), type: 'function', function: { name: toTextOf(name), arguments: '' } })];
  }

  #kindOf({ toolUse }: Loose): Kind {
    if (!isLoose(toolUse) || toolUse['type'] === SERVER_TOOL) return 'other';
    if (this.#answerTool === undefined || toolUse['name'] !== this.#answerTool) return 'call';
    // A second answer would spoil the first one.
    return this.#answered ? 'other' : 'answer';
  }

  #grow(block: Growing, delta: Loose): readonly Delta[] {
    const { text, toolUse, reasoningContent: reasoning, citation } = delta;
    if (typeof text === 'string') return this.#say(block, text);
    if (isLoose(toolUse) && typeof toolUse['input'] === 'string') return this.#write(block, toolUse['input']);
    if (isLoose(reasoning)) return this.#think(block, reasoning);
    if (isLoose(citation)) block.citations.push(citation);
    else block.strange.push(delta);
    return [];
  }

  #say(block: Growing, text: string): readonly Delta[] {
    block.texts.push(text);
    if (text === '') return [];
    this.#length += text.length;
    if (this.#answerTool === undefined) return [{ content: text }];
    this.#held.push(text);
    return [];
  }

  #write(block: Growing, piece: string): readonly Delta[] {
    block.inputs.push(piece);
    if (piece === '') return [];
    if (block.kind === 'answer') return [{ content: piece }];
    return block.kind === 'call' ? [toCall(block, { function: { arguments: piece } })] : [];
  }

  #think(block: Growing, { text, signature, redactedContent: redacted }: Loose): readonly Delta[] {
    if (typeof text === 'string') {
      block.thoughts.push(text);
      return text === '' ? [] : [{ ...this.#toDetail(block, { type: 'reasoning.text', text }), reasoning_content: text }];
    }
    if (typeof signature === 'string') {
      block.signatures.push(signature);
      return [this.#toDetail(block, { type: 'reasoning.text', signature })];
    }
    if (typeof redacted !== 'string') return [];
    block.redacted.push(redacted);
    return [this.#toDetail(block, { type: 'reasoning.encrypted', data: redacted })];
  }

  #toDetail({ index }: Growing, said: ReasoningDetail): Delta {
    return { reasoning_details: [{ ...said, format: this.#format, index }] };
  }

  #closing(block: Growing): readonly Delta[] {
    const { kind, inputs, citations, from } = block;
    // A call without arguments has an object without fields.
    const isSilent = inputs.every((piece) => piece === '');
    if (kind === 'call' && isSilent) return [toCall(block, { function: { arguments: '{}' } })];
    if (kind === 'answer' && isSilent) return [{ content: '{}' }];
    if (citations.length === 0) return [];
    const place = { start_index: from, end_index: this.#length };
    return [{ annotations: citations.map((citation): Annotation => toAnnotation(citation, place)) }];
  }
}

/** Of a block that began without a word. */
function kindOf({ text, toolUse, reasoningContent, citation }: Loose): Kind {
  if (reasoningContent !== undefined) return 'reasoning';
  if (toolUse !== undefined) return 'call';
  return text !== undefined || citation !== undefined ? 'text' : 'other';
}

function toInput({ input }: Loose): Loose[] {
  return [{ toolUse: { input: typeof input === 'string' ? input : JSON.stringify(input ?? {}) } }];
}

function toThoughts({ reasoningText: text, redactedContent }: Loose): Loose[] {
  if (redactedContent !== undefined) return [{ reasoningContent: { redactedContent } }];
  if (!isLoose(text)) return [];
  const pieces = [{ text: text['text'] }, { signature: text['signature'] }];
  return pieces.filter((piece) => Object.values(piece).some((value) => value !== undefined)).map((piece) => ({ reasoningContent: piece }));
}

function toCited({ citations, content }: Loose): Loose[] {
  const cited = Array.isArray(citations) ? (citations as unknown[]).map((citation) => ({ citation })) : [];
  const said = Array.isArray(content) ? (content as unknown[]).filter(isLoose).map(({ text }) => ({ text })) : [];
  return [...cited, ...said];
}

function toCall({ index }: Growing, call: Omit<ToolCallDelta, 'index'>): Delta {
  return { tool_calls: [{ index, ...call }] };
}

function toTextOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

import type { Delta, ToolCallDelta } from '../../chat/chunk.ts';
import type { Annotation, ReasoningDetail } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';
import { CallDecoder } from './calls.ts';
import { toAnnotations, type Sources } from './citations.ts';
import { FORMAT, toExtraContent, toSigned, type GoogleExtra, type OrderEntry } from './signatures.ts';

/** What parts added, while they are read. */
interface Growing {
  content: string | undefined;
  reasoning: string | undefined;
  readonly details: ReasoningDetail[];
  readonly calls: ToolCallDelta[];
  readonly images: Loose[];
  readonly parts: Loose[];
}

/** Reads the parts of one candidate. It remembers in which order they stood, and what was signed, to be given back at the end. */
export class CandidateDecoder {
  readonly #calls: CallDecoder;
  readonly #order: OrderEntry[] = [];
  #text = '';
  #sources: Sources = {};
  #thoughts = 0;
  /** Its next piece belongs to the same thought. */
  #isThinking = false;
  #images = 0;
  #parts = 0;

  constructor(idPrefix: () => string) {
    this.#calls = new CallDecoder(idPrefix);
  }

  get hasCalls(): boolean {
    return this.#calls.count > 0;
  }

  /** It has said something. */
  get hasOutput(): boolean {
    return this.hasCalls || this.#text !== '' || this.#images > 0 || this.#parts > 0;
  }

  /** `isLast`: it ends with these. */
  add(parts: unknown, isLast: boolean): Delta {
    const growing: Growing = { content: undefined, reasoning: undefined, details: [], calls: [], images: [], parts: [] };
    for (const part of Array.isArray(parts) ? (parts as unknown[]) : []) if (isLoose(part)) this.#addPart(part, growing);
    if (!isLast) return toDelta(growing, [], {});
    growing.calls.push(...this.#calls.end());
    const annotations = toAnnotations(this.#sources, this.#text);
    this.#sources = {};
    return toDelta(growing, annotations, this.#toExtra());
  }

  /** What it tells of its sources; a later word takes the place of an earlier one. */
  cite(candidate: Loose): void {
    const { groundingMetadata, citationMetadata } = candidate;
    this.#sources = {
      groundingMetadata: isLoose(groundingMetadata)
        ? { ...(this.#sources.groundingMetadata as Loose | undefined), ...groundingMetadata }
        : this.#sources.groundingMetadata,
      citationMetadata: citationMetadata ?? this.#sources.citationMetadata,
    };
  }

  #addPart(part: Loose, growing: Growing): void {
    const { text, thought, functionCall, inlineData } = part;
    const signature = typeof part['thoughtSignature'] === 'string' ? part['thoughtSignature'] : undefined;
    const isThought = thought === true && typeof text === 'string';
    if (isThought) return this.#addThought(text, signature, growing);
    this.#isThinking = false;
    if (isLoose(functionCall) && this.#addCall(functionCall, signature, growing)) return undefined;
    growing.calls.push(...this.#calls.end());
    if (typeof text === 'string') return this.#addText(text, signature, growing);
    if (thought !== true && isImage(inlineData)) return this.#addImage(inlineData, signature, growing);
    // A signature alone belongs to what was said.
    if (signature !== undefined && Object.keys(part).length === 1) return this.#addText('', signature, growing);
    this.#order.push({ part: this.#parts });
    this.#parts += 1;
    growing.parts.push(part);
    return undefined;
  }

  /** A thought comes in pieces, of which the last may be signed. */
  #addThought(text: string, signature: string | undefined, growing: Growing): void {
    if (!this.#isThinking) {
      this.#order.push({ reasoning: this.#thoughts });
      this.#thoughts += 1;
    }
    this.#isThinking = signature === undefined;
    growing.reasoning = (growing.reasoning ?? '') + text;
    const index = this.#thoughts - 1;
    const last = growing.details.at(-1);
    const piece: ReasoningDetail = {
      type: 'reasoning.text',
      text: last?.index === index ? `${last.text ?? ''}${text}` : text,
      ...(signature === undefined ? {} : { signature }),
      format: FORMAT,
      index,
    };
    if (last?.index === index) growing.details.pop();
    growing.details.push(piece);
  }

  #addCall(call: Loose, signature: string | undefined, growing: Growing): boolean {
    const before = this.#calls.count;
    const deltas = this.#calls.add(call, signature);
    if (deltas === undefined) return false;
    growing.calls.push(...deltas);
    if (this.#calls.count > before) this.#order.push({ tool_call: before });
    return true;
  }

  /** What follows a signature is a part of its own. */
  #addText(text: string, signature: string | undefined, growing: Growing): void {
    growing.content = (growing.content ?? '') + text;
    this.#text += text;
    const last = this.#order.at(-1);
    const isSame = last !== undefined && 'text' in last && last.thought_signature === undefined;
    if (!isSame && text === '' && signature === undefined) return;
    const entry = {
      text: (isSame ? last.text : 0) + text.length,
      ...(signature === undefined ? {} : { thought_signature: signature }),
    };
    if (isSame) this.#order.pop();
    this.#order.push(entry);
  }

  #addImage({ mimeType, data }: Loose, signature: string | undefined, growing: Growing): void {
    this.#order.push({ image: this.#images });
    this.#images += 1;
    growing.images.push({
      type: 'image_url',
      image_url: { url: `data:${String(mimeType)};base64,${String(data)}` },
      ...toSigned(signature),
    });
  }

  /** The order is worth telling only where it is not the usual one. */
  #toExtra(): GoogleExtra {
    if (!isUsual(this.#order)) return { order: [...this.#order] };
    const text = this.#order.find((entry) => 'text' in entry);
    const signature = text?.thought_signature;
    return signature === undefined ? {} : { thought_signature: signature };
  }
}

const USUAL = ['reasoning', 'text', 'image', 'tool_call'] as const;

/** Thoughts, one text, images, calls: what a message says without an order. */
function isUsual(order: readonly OrderEntry[]): boolean {
  const kinds = order.map((entry) => USUAL.findIndex((kind) => kind in entry));
  return (
    kinds.every((kind, position) => kind >= 0 && kind >= (kinds[position - 1] ?? 0)) &&
    kinds.filter((kind) => USUAL[kind] === 'text').length <= 1
  );
}

function isImage(inline: unknown): inline is Loose {
  return (
    isLoose(inline) && typeof inline['data'] === 'string' && typeof inline['mimeType'] === 'string' && /^image\//i.test(inline['mimeType'])
  );
}

function toDelta(
  { content, reasoning, details, calls, images, parts }: Growing,
  annotations: readonly Annotation[],
  extra: GoogleExtra,
): Delta {
  return {
    ...(content === undefined ? {} : { content }),
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(images.length === 0 ? {} : { images }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...toExtraContent({ ...(parts.length === 0 ? {} : { parts }), ...extra }),
  };
}

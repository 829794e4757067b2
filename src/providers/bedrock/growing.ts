import { isLoose, type Loose } from '../loose.ts';
import type { Block } from './content.ts';

/** What a block is: told by its start, or by its first delta. */
export type Kind =
  | 'text'
  | 'reasoning'
  | 'call'
  /** The call of the tool whose input is the answer. */
  | 'answer'
  /** What has no place in a message of ours: tools that the provider calls itself, and kinds that nobody knows yet. */
  | 'other';

/** One block while it grows. Texts are kept in pieces: joining them for each delta would take quadratic time. */
export interface Growing {
  readonly kind: Kind;
  readonly start: Loose;
  /** Of a call or a piece of reasoning among its kind. */
  readonly index: number;
  /** Where its text begins in the content. */
  readonly from: number;
  readonly texts: string[];
  readonly inputs: string[];
  readonly thoughts: string[];
  readonly signatures: string[];
  readonly redacted: string[];
  readonly citations: Loose[];
  /** Deltas that nobody knows yet. */
  readonly strange: Loose[];
}

export function growing(kind: Kind, start: Loose, index: number, from: number): Growing {
  return { kind, start, index, from, texts: [], inputs: [], thoughts: [], signatures: [], redacted: [], citations: [], strange: [] };
}

/** The block as a plain answer would have it; `undefined` for one that says nothing. */
export function toWhole(block: Growing): Block | undefined {
  const { start, texts, inputs, thoughts, signatures, redacted, citations, strange } = block;
  const strangers = strange.length === 0 ? {} : { deltas: strange };
  if (isLoose(start['toolUse'])) {
    const text = inputs.join('');
    return { ...strangers, toolUse: { ...start['toolUse'], input: text === '' ? {} : parse(text) } };
  }
  if (redacted.length > 0) return { ...strangers, reasoningContent: { redactedContent: redacted.join('') } };
  if (thoughts.length > 0 || signatures.length > 0) {
    const signature = signatures.join('');
    const reasoningText = { text: thoughts.join(''), ...(signature === '' ? {} : { signature }) };
    return { ...strangers, reasoningContent: { reasoningText } };
  }
  if (citations.length > 0) return { ...strangers, citationsContent: { citations, content: [{ text: texts.join('') }] } };
  if (texts.length > 0) return { ...strangers, text: texts.join('') };
  const rest = { ...start, ...strangers };
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** An input that was cut stays the text that it is. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * True when a message says all that the blocks say: reasoning, then one text, then calls. Interleaved reasoning, citations, the provider's own
 * tools and kinds that nobody knows yet need the blocks themselves, to be kept and to be given back.
 */
export function isPlain(blocks: readonly Block[]): boolean {
  const order = blocks.map((block) => {
    const { text, toolUse, reasoningContent, deltas } = block;
    if (deltas !== undefined) return '?';
    if (reasoningContent !== undefined) return 'r';
    if (typeof text === 'string') return 't';
    return isLoose(toolUse) && toolUse['type'] !== SERVER_TOOL ? 'c' : '?';
  });
  return /^r*t?c*$/.test(order.join(''));
}

/** The type of a call that Bedrock answers itself. */
export const SERVER_TOOL = 'server_tool_use';

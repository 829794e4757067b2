import { FORMATS, joinDetails } from '../reasoning-details.ts';
import type { Block } from './content.ts';

/** Marks reasoning that Claude wrote: Anthropic and Claude on other clouds take it back. */
export const CLAUDE = FORMATS.claude;

/**
 * The thinking of an earlier answer, as it must come back: in its order, with its signatures. What another model thought, or what lost its
 * signature, is left out: the API refuses it, and it is no part of what was asked.
 */
export function toThinkingBlocks(details: unknown): Block[] {
  return joinDetails(details, (format) => format === CLAUDE).flatMap((detail): Block[] => {
    const { type, text, signature, data } = detail;
    if (type === 'reasoning.encrypted' && isText(data)) return [{ type: 'redacted_thinking', data }];
    if (type === 'reasoning.text' && isText(signature))
      return [{ type: 'thinking', thinking: typeof text === 'string' ? text : '', signature }];
    return [];
  });
}

/**
 * True for a conversation whose last answer begins without thinking and is not over: results of its calls are given, or its end is asked
 * for. The API refuses to go on with it in manual thinking.
 */
export function lacksThinking(turns: readonly { readonly role: string; readonly content: readonly Block[] }[]): boolean {
  const last = turns.at(-1);
  const hasResults = last?.content.some(({ type }) => type === 'tool_result') === true;
  const answer = last?.role === 'assistant' ? last : hasResults ? turns.at(-2) : undefined;
  const type = answer?.content[0]?.['type'];
  return answer !== undefined && type !== 'thinking' && type !== 'redacted_thinking';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

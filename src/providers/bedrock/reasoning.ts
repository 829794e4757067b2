import { joinDetails } from '../reasoning-details.ts';
import type { Block } from './content.ts';
import { BEDROCK, CLAUDE, familyOf } from './families.ts';

/**
 * The reasoning of an earlier answer as it must come back: in its order, with its signatures. What has no proof is left out: the API refuses
 * it from Claude, and other models would take it for an answer. So is what another provider's model thought.
 */
export function toReasoningBlocks(details: unknown, model: string): Block[] {
  return joinDetails(details, (format) => isReadBy(model, format)).flatMap((detail): Block[] => {
    const { type, text, signature, data } = detail;
    if (type === 'reasoning.encrypted' && isText(data)) return [{ reasoningContent: { redactedContent: data } }];
    if (type !== 'reasoning.text' || !isText(signature)) return [];
    return [{ reasoningContent: { reasoningText: { text: typeof text === 'string' ? text : '', signature } } }];
  });
}

/** As Anthropic's: Claude cannot go on in manual thinking with an answer that begins without. */
export function lacksThinking(turns: readonly { readonly role: string; readonly content: readonly Block[] }[]): boolean {
  const last = turns.at(-1);
  const hasResults = last?.content.some(({ toolResult }) => toolResult !== undefined) === true;
  const answer = last?.role === 'assistant' ? last : hasResults ? turns.at(-2) : undefined;
  return answer !== undefined && answer.content[0]?.['reasoningContent'] === undefined;
}

/** Claude reads its own wherever it wrote it; an id that names no model may be any of Bedrock's. */
export function isReadBy(model: string, format: unknown): boolean {
  const family = familyOf(model);
  if (format === CLAUDE) return family === 'claude' || family === 'unknown';
  return format === BEDROCK;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

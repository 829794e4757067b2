import type { Question } from './question.ts';
import type { Use } from './quota.ts';

/** Characters in one token: OpenAI's rule of thumb for English, and what its limiter is said to estimate with. */
const CHARS_PER_TOKEN = 4;

/** Tokens of a text: a quarter of its characters, rounded up. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** A text of at most so many tokens. */
export function clipTokens(text: string, tokens: number): string {
  return text.slice(0, tokens * CHARS_PER_TOKEN);
}

/** Tokens of a conversation: a quarter of the characters of all texts, rounded up. */
export function countChatTokens({ texts }: Question): number {
  return estimateTokens(texts.join(''));
}

/** Tokens of embedding inputs. Inputs given as token numbers are counted as such. */
export function countInputTokens({ texts }: Question): number {
  return texts.reduce((sum, input) => sum + (typeof input === 'string' ? estimateTokens(input) : input.length), 0);
}

/** The text of the last message: what tells one call of a test from another. */
export function readPrompt({ texts }: Question): string {
  const last = texts.at(-1);
  return typeof last === 'string' ? last : '';
}

/**
 * What admission reserves: the prompt, and the output limit for each choice. Without a limit only the prompt, as
 * nobody knows more; the rest is taken when the answer ends.
 */
export function estimateUse(wanted: 'chat' | 'embeddings', question: Question): Use {
  if (wanted === 'embeddings') return { input: countInputTokens(question), output: 0 };
  return { input: countChatTokens(question), output: (question.outputLimit ?? 0) * question.choices };
}

import type { FinishReason } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';

const FILTERED = /SAFETY|RECITATION|BLOCKLIST|PROHIBITED|SPII|LANGUAGE|MODEL_ARMOR|JAILBREAK/;
/** The model wrote a call that nobody can read or that nobody offered. */
const BROKEN = /^(MALFORMED_|UNEXPECTED_TOOL_CALL|TOO_MANY_TOOL_CALLS|MISSING_THOUGHT_SIGNATURE)/;

/** Google's word for why a candidate ended; `undefined` while it goes on. */
export function readFinish(finishReason: unknown): string | undefined {
  if (typeof finishReason !== 'string' || finishReason === '' || finishReason === 'FINISH_REASON_UNSPECIFIED') return undefined;
  return finishReason;
}

/** The same in OpenAI's words: Google says `STOP` after calls, too. */
export function toFinishReason(native: string, hasCalls: boolean): FinishReason {
  const word = native.toUpperCase();
  if (word === 'MAX_TOKENS') return 'length';
  if (FILTERED.test(word)) return 'content_filter';
  return hasCalls ? 'tool_calls' : 'stop';
}

/** True for an answer that the model spoilt. */
export function isBroken(native: string): boolean {
  return BROKEN.test(native.toUpperCase());
}

/** An error in the place of an answer; an empty one beside a good answer says nothing. */
export function saysError({ error }: Loose): boolean {
  return isLoose(error) ? Object.keys(error).length > 0 : typeof error === 'string' && error !== '';
}

import { openai } from './openai/openai.ts';
import type { Incoming, Tongue } from './tongue.ts';

/** Who answers a request: whoever knows its path. What nobody knows is refused in OpenAI's words. */
export function findTongue(incoming: Incoming): { readonly tongue: Tongue; readonly incoming: Incoming } {
  return { tongue: openai, incoming };
}

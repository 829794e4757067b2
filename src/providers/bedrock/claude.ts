import { findOriginal } from '../anthropic/messages.ts';
import type { AssistantMessage } from '../../chat/request.ts';
import { isLoose } from '../loose.ts';
import type { Block } from './content.ts';
import { CLAUDE } from './families.ts';
import { isReadBy } from './reasoning.ts';
import { toToolId } from './tool-ids.ts';

/**
 * The blocks of an answer that Anthropic's own API gave, in their order: Claude wants its thoughts where they were. `undefined` where the
 * message says them as well, was changed since, or holds what Converse has no words for.
 */
export function findClaude(message: AssistantMessage, model: string): Block[] | undefined {
  if (!isReadBy(model, CLAUDE)) return undefined;
  const blocks = findOriginal(message)?.map((block) => toBlock(block, model));
  return blocks?.every((block) => block !== undefined) === true ? blocks : undefined;
}

function toBlock({ type, text, thinking, signature, data, id, name, input }: Block, model: string): Block | undefined {
  switch (type) {
    case 'text':
      return typeof text === 'string' ? { text } : undefined;
    case 'thinking':
      return typeof signature === 'string' && typeof thinking === 'string'
        ? { reasoningContent: { reasoningText: { text: thinking, signature } } }
        : undefined;
    case 'redacted_thinking':
      return typeof data === 'string' ? { reasoningContent: { redactedContent: data } } : undefined;
    case 'tool_use':
      return typeof name === 'string' && isLoose(input) ? { toolUse: { toolUseId: toToolId(id, model), name, input } } : undefined;
    default:
      return undefined;
  }
}

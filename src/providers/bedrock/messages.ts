import type { AssistantMessage, ChatMessage } from '../../chat/request.ts';
import { isLoose, type Loose } from '../loose.ts';
import { parseArguments, textOf, toCut, toWrong } from '../parts.ts';
import { toBlocks, toText, withCachePoint, type Block, type Reading } from './content.ts';
import { findClaude } from './claude.ts';
import { SERVER_TOOL } from './growing.ts';
import { isReadBy, toReasoningBlocks } from './reasoning.ts';
import { toToolId } from './tool-ids.ts';

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Block[];
}

/** A conversation as Converse takes it: what the system said apart, then turns of user and assistant by turns. */
export interface Conversation {
  readonly system: readonly Block[];
  readonly messages: readonly Turn[];
}

/**
 * System and developer messages go to `system` in their order, also those from the middle. Messages of one role in a row are one turn, and
 * results of tools stand first in theirs, as the API wants them directly behind the calls.
 */
export function toConversation(messages: readonly ChatMessage[], model: string, from: Reading): Conversation {
  const system: Block[] = [];
  const turns: { readonly role: Turn['role']; readonly content: Block[] }[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    // The shape is checked as far as to the role.
    const { role, cache_control: cache, name }: Loose = message as unknown as Loose;
    if (role !== 'tool' && typeof name === 'string') from.unsupported.refuse('name', name, `${at}.name`);
    const blocks = withCachePoint(toContent(message, model, at, from), cache);
    if (role === 'system' || role === 'developer') system.push(...blocks);
    else if (blocks.length > 0) addTurn(turns, role === 'assistant' ? 'assistant' : 'user', blocks);
  }
  if (turns.length > 0) return { system, messages: turns.map((turn, index) => finish(turn, index === turns.length - 1)) };
  // The API wants somebody to answer to.
  if (system.length > 0) return { system: [], messages: [{ role: 'user', content: system }] };
  throw toWrong('messages', 'must say something', messages);
}

function addTurn(turns: { readonly role: Turn['role']; readonly content: Block[] }[], role: Turn['role'], blocks: readonly Block[]): void {
  const last = turns.at(-1);
  if (last?.role === role) last.content.push(...blocks);
  else turns.push({ role, content: [...blocks] });
}

function finish({ role, content }: Turn, isLast: boolean): Turn {
  if (role === 'user') return { role, content: resultsFirst(content) };
  const end = content.at(-1);
  if (!isLast || typeof end?.['text'] !== 'string') return { role, content };
  // An answer to be continued must not end in blanks.
  return { role, content: [...content.slice(0, -1), { ...end, text: end['text'].trimEnd() }] };
}

/** With the mark that may stand behind each. */
function resultsFirst(content: readonly Block[]): readonly Block[] {
  const isResult = content.map(
    (block, index) => isToolResult(block) || (block['cachePoint'] !== undefined && isToolResult(content[index - 1])),
  );
  return [...content.filter((_, index) => isResult[index]), ...content.filter((_, index) => !isResult[index])];
}

function isToolResult(block: Block | undefined): boolean {
  return block?.['toolResult'] !== undefined;
}

function toContent(message: ChatMessage, model: string, at: string, from: Reading): Block[] {
  switch (message.role) {
    case 'assistant':
      return toAssistant(message, model, at, from);
    case 'tool':
      return [toResult(message, model, at, from)];
    case 'system':
    case 'developer':
    case 'user':
      return toBlocks(message.content, at, from);
    default:
      // OpenAI's older way to answer a call has no id to answer to.
      from.unsupported.refuse('function', message, `${at}.role`);
      return [];
  }
}

function toAssistant(message: AssistantMessage, model: string, at: string, from: Reading): Block[] {
  if (message['function_call'] != null) from.unsupported.refuse('function_call', message['function_call'], `${at}.function_call`);
  const original = findOriginal(message, model) ?? findClaude(message, model);
  if (original !== undefined) return original;
  const said = toBlocks(message.content, at, from);
  return [
    ...toReasoningBlocks(message['reasoning_details'], model),
    ...(said.length === 0 ? toText(message.refusal) : said),
    ...(message.tool_calls ?? []).flatMap((call, position) => toToolUse(call, model, `${at}.tool_calls[${position}]`, from)),
  ];
}

/** The blocks of an answer whose order or kinds the neutral shape cannot hold, unless the message was changed since. */
function findOriginal(message: AssistantMessage, model: string): Block[] | undefined {
  const { converse_content: blocks, content, tool_calls: calls, reasoning_details: details } = message;
  if (!Array.isArray(blocks) || !(blocks as unknown[]).every(isLoose)) return undefined;
  const originals = blocks as readonly Block[];
  const ids = originals.flatMap(({ toolUse }) =>
    isLoose(toolUse) && toolUse['type'] !== SERVER_TOOL ? [String(toolUse['toolUseId'])] : [],
  );
  const asked = (calls ?? []).map((call: unknown) => (isLoose(call) ? String(call['id']) : ''));
  const isSame = originals.map(textOfBlock).join('') === textOf(content) && ids.join() === asked.join();
  const isCut = originals.some(({ toolUse }) => isLoose(toolUse) && !isLoose(toolUse['input']));
  if (!isSame || isCut) return undefined;
  const isOurs = Array.isArray(details) && (details as unknown[]).every((detail) => isLoose(detail) && isReadBy(model, detail['format']));
  return originals.filter((block) => {
    if (block['reasoningContent'] !== undefined) return isOurs && isProven(block['reasoningContent']);
    return typeof block['text'] !== 'string' || block['text'].trim() !== '';
  });
}

function textOfBlock({ text, citationsContent: cited }: Block): string {
  if (typeof text === 'string') return text;
  const content = isLoose(cited) && Array.isArray(cited['content']) ? (cited['content'] as unknown[]) : [];
  return content.map((piece) => (isLoose(piece) && typeof piece['text'] === 'string' ? piece['text'] : '')).join('');
}

function isProven(reasoning: unknown): boolean {
  if (!isLoose(reasoning)) return false;
  const { reasoningText: text, redactedContent: redacted } = reasoning;
  return typeof redacted === 'string' || (isLoose(text) && typeof text['signature'] === 'string');
}

function toToolUse(call: unknown, model: string, at: string, from: Reading): Block[] {
  if (!isLoose(call)) throw toWrong(at, 'must be an object', call);
  const { id, type, function: called, cache_control: cache } = call;
  if (type === 'custom') {
    from.unsupported.refuse('custom', call, at);
    return [];
  }
  if (!isLoose(called) || typeof called['name'] !== 'string') throw toWrong(`${at}.function`, 'must have a name', called);
  const input = parseArguments(called['arguments']);
  if (input === undefined) throw toCut(at, called['arguments']);
  return withCachePoint([{ toolUse: { toolUseId: toToolId(id, model), name: called['name'], input } }], cache);
}

function toResult(message: Extract<ChatMessage, { role: 'tool' }>, model: string, at: string, from: Reading): Block {
  const content = toBlocks(message.content, at, from);
  const { is_error: failed } = message;
  // A result must say something, and a mark is no part of one: a message's own stands behind the whole result.
  const said = content.filter((block) => block['cachePoint'] === undefined);
  return {
    toolResult: {
      toolUseId: toToolId(message.tool_call_id, model),
      content: said.length === 0 ? [{ text: '(empty)' }] : said,
      ...(failed === true ? { status: 'error' } : {}),
    },
  };
}

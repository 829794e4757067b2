import type { AssistantMessage, ChatMessage } from '../../chat/request.ts';
import { toCallId } from '../call-ids.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import { parseArguments, textOf, toCut, toWrong } from '../parts.ts';
import { mark, toBlocks, toText, type Block } from './content.ts';
import { toThinkingBlocks } from './reasoning.ts';

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Block[];
}

/** A conversation as the API takes it: what the system said apart, then turns of user and assistant by turns. */
export interface Conversation {
  readonly system: readonly Block[];
  readonly messages: readonly Turn[];
}

/**
 * System and developer messages go to `system` in their order, also those from the middle. Messages of one role in a row are one turn, and
 * results of tools stand first in theirs, as the API wants them directly behind the calls.
 */
export function toConversation(messages: readonly ChatMessage[], unsupported: Unsupported): Conversation {
  const system: Block[] = [];
  const turns: { readonly role: Turn['role']; readonly content: Block[] }[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    // The shape is checked as far as to the role.
    const { role, cache_control: cache, name }: Loose = message as unknown as Loose;
    if (role !== 'tool' && typeof name === 'string') unsupported.refuse('name', name, `${at}.name`);
    const blocks = mark(toContent(message, at, unsupported), cache);
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
  if (role === 'user') {
    const isResult = ({ type }: Block): boolean => type === 'tool_result';
    return { role, content: [...content.filter(isResult), ...content.filter((block) => !isResult(block))] };
  }
  const end = content.at(-1);
  if (!isLast || end?.['type'] !== 'text' || typeof end['text'] !== 'string') return { role, content };
  // An answer to be continued must not end in blanks.
  return { role, content: [...content.slice(0, -1), { ...end, text: end['text'].trimEnd() }] };
}

function toContent(message: ChatMessage, at: string, unsupported: Unsupported): readonly Block[] {
  switch (message.role) {
    case 'assistant':
      return toAssistant(message, at, unsupported);
    case 'tool':
      return [toResult(message, at, unsupported)];
    case 'system':
    case 'developer':
    case 'user':
      return toBlocks(message.content, at, unsupported);
    default:
      // OpenAI's older way to answer a call has no id to answer to.
      unsupported.refuse('function', message, `${at}.role`);
      return [];
  }
}

function toAssistant(message: AssistantMessage, at: string, unsupported: Unsupported): readonly Block[] {
  if (message['function_call'] != null) unsupported.refuse('function_call', message['function_call'], `${at}.function_call`);
  const calls = message.tool_calls ?? [];
  const original = findOriginal(message);
  if (original !== undefined) return original;
  const said = toBlocks(message.content, at, unsupported);
  const refused = said.length === 0 && typeof message.refusal === 'string' ? toText(message.refusal) : [];
  return [
    ...toThinkingBlocks(message['reasoning_details']),
    ...said,
    ...refused,
    ...calls.flatMap((call, position) => toToolUse(call, `${at}.tool_calls[${position}]`, unsupported)),
  ];
}

/** The blocks of an answer whose order or kinds the neutral shape cannot hold, unless the message was changed since, or a call was cut off. */
export function findOriginal({ content_blocks: blocks, content, tool_calls: calls }: AssistantMessage): readonly Block[] | undefined {
  if (!Array.isArray(blocks) || !(blocks as unknown[]).every((block) => isLoose(block) && typeof block['type'] === 'string'))
    return undefined;
  const originals = blocks as readonly Block[];
  const text = originals.map((block) => (block['type'] === 'text' ? block['text'] : '')).join('');
  const uses = originals.filter((block) => block['type'] === 'tool_use');
  if (!uses.every((block) => isLoose(block['input']))) return undefined;
  const ids = uses.map((block) => block['id']);
  if (text !== textOf(content) || ids.join() !== (calls ?? []).map((call) => (isLoose(call) ? call['id'] : '')).join()) return undefined;
  return originals.filter((block) => block['type'] !== 'text' || (typeof block['text'] === 'string' && block['text'].trim() !== ''));
}

function toToolUse(call: unknown, at: string, unsupported: Unsupported): readonly Block[] {
  if (!isLoose(call)) throw toWrong(at, 'must be an object', call);
  const { id, type, function: called, cache_control: cache } = call;
  if (type === 'custom') {
    unsupported.refuse('custom', call, at);
    return [];
  }
  if (!isLoose(called) || typeof called['name'] !== 'string') throw toWrong(`${at}.function`, 'must have a name', called);
  const input = parseArguments(called['arguments']);
  if (input === undefined) throw toCut(at, called['arguments']);
  return mark([{ type: 'tool_use', id: toId(id), name: called['name'], input }], cache);
}

function toResult(message: Extract<ChatMessage, { role: 'tool' }>, at: string, unsupported: Unsupported): Block {
  const content = toBlocks(message.content, at, unsupported);
  const { is_error: failed } = message;
  const [first, ...others] = content;
  const isPlain = others.length === 0 && first?.['type'] === 'text' && Object.keys(first).length === 2;
  return {
    type: 'tool_result',
    tool_use_id: toId(message.tool_call_id),
    ...(first === undefined ? {} : { content: isPlain ? first['text'] : content }),
    ...(failed === true ? { is_error: true } : {}),
  };
}

const ID = /^[\w-]+$/;
const ID_LENGTH = 32;

function toId(id: unknown): string {
  return toCallId(id, ID, ID_LENGTH);
}

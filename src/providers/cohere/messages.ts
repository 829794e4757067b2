import type { AssistantMessage, ChatMessage, ContentPart, ToolMessage } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import { textOf, toWrong } from '../parts.ts';
import { FORMATS } from '../reasoning-details.ts';

/** Marks reasoning that Cohere's models wrote. */
export const COHERE = FORMATS.cohere;

/** Cohere takes OpenAI's messages, but for their names, kinds of content and extra fields. */
export function toMessages(messages: readonly ChatMessage[], unsupported: Unsupported): readonly Loose[] {
  return messages.flatMap((message, index) => {
    const at = `messages[${index}]`;
    const { name }: Loose = message as unknown as Loose;
    if (message.role !== 'tool' && typeof name === 'string') unsupported.refuse('name', name, `${at}.name`);
    return toMessage(message, at, unsupported);
  });
}

function toMessage(message: ChatMessage, at: string, unsupported: Unsupported): readonly Loose[] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return [{ role: 'system', content: toContent(message.content, at, unsupported, TEXT_ONLY) }];
    case 'user':
      return [{ role: 'user', content: toContent(message.content, at, unsupported, USER) }];
    case 'assistant':
      return [toAssistant(message, at, unsupported)];
    case 'tool':
      return [toResult(message, at, unsupported)];
    default:
      // OpenAI's older way to answer a call has no id to answer to.
      unsupported.refuse('function', message, `${at}.role`);
      return [];
  }
}

/** Cohere has no word for a tool that failed, so the text says it. */
function toResult({ tool_call_id: id, content, is_error: failed }: ToolMessage, at: string, unsupported: Unsupported): Loose {
  const said = toContent(content, at, unsupported, TOOL);
  const told =
    failed !== true ? said : Array.isArray(said) ? [{ type: 'text', text: 'Error:' }, ...(said as unknown[])] : `Error: ${String(said)}`;
  return { role: 'tool', tool_call_id: id, content: told };
}

const TEXT_ONLY: ReadonlySet<string> = new Set(['text']);
const USER: ReadonlySet<string> = new Set(['text', 'image_url']);
/** `document` is Cohere's own: what it can cite. */
const TOOL: ReadonlySet<string> = new Set(['text', 'document']);

function toContent(content: string | readonly ContentPart[], at: string, unsupported: Unsupported, allowed: ReadonlySet<string>): unknown {
  if (typeof content === 'string') return content;
  const parts = content.flatMap((part, position) => toPart(part, `${at}.content[${position}]`, unsupported, allowed));
  // One text is the same in either shape; every model takes the plain one.
  const [first] = parts;
  return parts.length === 1 && first?.['type'] === 'text' ? first['text'] : parts.length === 0 ? '' : parts;
}

function toPart(part: ContentPart, at: string, unsupported: Unsupported, allowed: ReadonlySet<string>): readonly Loose[] {
  const { type }: { readonly type: string } = part;
  const loose: Loose = part;
  if (type === 'text' && allowed.has(type)) return loose['text'] === '' ? [] : [{ type, text: loose['text'] }];
  if (type === 'document' && allowed.has(type)) return [loose];
  if (type !== 'image_url' || !allowed.has(type)) {
    unsupported.refuse(type, part, at);
    return [];
  }
  const image = loose['image_url'];
  const url = isLoose(image) ? image['url'] : image;
  if (typeof url !== 'string' || url === '') throw toWrong(`${at}.image_url.url`, 'must be a URL', url);
  const detail = isLoose(image) ? image['detail'] : undefined;
  return [{ type, image_url: { url, ...(detail === undefined ? {} : { detail }) } }];
}

/** The model's plan and thoughts go back with its calls, which is what lets it go on. */
function toAssistant(message: AssistantMessage, at: string, unsupported: Unsupported): Loose {
  if (message['function_call'] != null) unsupported.refuse('function_call', message['function_call'], `${at}.function_call`);
  for (const [position, part] of (Array.isArray(message.content) ? (message.content as readonly ContentPart[]) : []).entries()) {
    const { type }: { readonly type: string } = part;
    if (type !== 'text' && type !== 'refusal') unsupported.refuse(type, part, `${at}.content[${position}]`);
  }
  const calls = (message.tool_calls ?? []).flatMap((call, position) => toCall(call, `${at}.tool_calls[${position}]`, unsupported));
  const text = textOf(message.content) || (typeof message.refusal === 'string' ? message.refusal : '');
  const thoughts = readThoughts(message['reasoning_details']);
  const content = thoughts.length === 0 ? text : [...thoughts, ...(text === '' ? [] : [{ type: 'text', text }])];
  const plan = message['tool_plan'];
  return {
    role: 'assistant',
    ...(content === '' && calls.length > 0 ? {} : { content }),
    ...(typeof plan === 'string' && plan !== '' && calls.length > 0 ? { tool_plan: plan } : {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function readThoughts(details: unknown): readonly Loose[] {
  if (!Array.isArray(details)) return [];
  const own = (details as unknown[])
    .filter(isLoose)
    .filter(({ format, text }) => format === COHERE && typeof text === 'string' && text !== '');
  return own.map(({ text }) => ({ type: 'thinking', thinking: text }));
}

function toCall(call: unknown, at: string, unsupported: Unsupported): readonly Loose[] {
  if (!isLoose(call)) throw toWrong(at, 'must be an object', call);
  const { id, type, function: called } = call;
  if (type === 'custom') {
    unsupported.refuse('custom', call, at);
    return [];
  }
  if (!isLoose(called) || typeof called['name'] !== 'string') throw toWrong(`${at}.function`, 'must have a name', called);
  const { name, arguments: given } = called;
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  return [{ id, type: 'function', function: { name, arguments: text.trim() === '' ? '{}' : text } }];
}

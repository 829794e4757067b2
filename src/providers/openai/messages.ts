import { toCallId } from '../call-ids.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { Unsupported } from '../encoding.ts';
import type { Dialect } from './dialect.ts';
import { encodeContent } from './content.ts';

/** What every server knows of an assistant message. */
const ASSISTANT_FIELDS: ReadonlySet<string> = new Set(['role', 'content', 'tool_calls']);

/** The conversation as the dialect takes it. Messages that need no change are handed on as they are. */
export function encodeMessages(messages: readonly unknown[], dialect: Dialect, unsupported: Unsupported): readonly unknown[] {
  const last = messages.length - 1;
  return messages.flatMap((message, index) => {
    if (!isLoose(message) || isPlain(message, dialect)) return [message];
    const place = { dialect, unsupported, at: `messages[${index}]`, isLast: index === last };
    if (message['role'] === 'tool' && !dialect.capabilities.tools) {
      unsupported.refuse('tools', 'the result of a tool', place.at);
      return [];
    }
    return [encodeMessage(message, place)];
  });
}

/** A text and whose it is: nothing there is said otherwise anywhere. */
function isPlain(message: Loose, { developer }: Dialect): boolean {
  const { role, content } = message;
  if (typeof content !== 'string' || typeof role !== 'string' || role === 'tool') return false;
  return Object.keys(message).length === 2 && (developer || role !== 'developer');
}

interface Place {
  readonly dialect: Dialect;
  readonly unsupported: Unsupported;
  readonly at: string;
  readonly isLast: boolean;
}

function encodeMessage(message: Loose, place: Place): Loose {
  const { dialect, unsupported, at } = place;
  const isAssistant = message['role'] === 'assistant';
  const changed: Record<string, unknown> = isAssistant ? encodeAssistant(message, place) : { ...message };
  if (changed['role'] === 'developer' && !dialect.developer) changed['role'] = 'system';
  if (!dialect.markers) delete changed['cache_control'];
  if (changed['name'] !== undefined && !dialect.names) {
    unsupported.refuse('name', changed['name'], `${at}.name`);
    delete changed['name'];
  }
  // OpenAI has no word for it, and strict servers refuse what they do not know.
  if (changed['role'] === 'tool' && dialect.echoes !== 'any') delete changed['is_error'];
  if (changed['role'] === 'tool' && typeof changed['tool_call_id'] === 'string')
    changed['tool_call_id'] = toOwnId(changed['tool_call_id'], dialect);
  if (Array.isArray(changed['content']))
    changed['content'] = encodeContent(changed['content'] as unknown[], { dialect, unsupported, at: `${at}.content` });
  return changed;
}

function encodeAssistant(message: Loose, { dialect, unsupported, at, isLast }: Place): Record<string, unknown> {
  const kept = keepFields(message, dialect);
  const calls = message['tool_calls'];
  // `null` and an empty list are no calls, and strict servers refuse both.
  if (!Array.isArray(calls) || calls.length === 0) delete kept['tool_calls'];
  else if (dialect.capabilities.tools) kept['tool_calls'] = (calls as unknown[]).map((call) => encodeCall(call, dialect));
  else {
    unsupported.refuse('tools', 'a call of a tool', `${at}.tool_calls`);
    delete kept['tool_calls'];
  }
  if (typeof message['refusal'] === 'string' && message['refusal'] !== '' && kept['refusal'] === undefined && !hasContent(kept))
    kept['content'] = message['refusal'];
  if (dialect.continues !== undefined) {
    delete kept['prefix'];
    if (message['prefix'] === true && isLast) Object.assign(kept, dialect.continues.message);
  }
  return kept;
}

/** What a reply carried and the server does not want back is left out. */
function keepFields(message: Loose, { echoes, detailsWithout, extraContent }: Dialect): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(message)) {
    if (echoes === 'any' ? extraContent || field !== 'extra_content' : isKnown(field, echoes)) kept[field] = value;
  }
  const details = kept['reasoning_details'];
  if (!Array.isArray(details)) return kept;
  const own = (details as unknown[]).filter((detail) => !isLoose(detail) || !detailsWithout.includes(String(detail['format'])));
  if (own.length === 0) delete kept['reasoning_details'];
  else kept['reasoning_details'] = own;
  return kept;
}

function isKnown(field: string, echoes: readonly string[]): boolean {
  return ASSISTANT_FIELDS.has(field) || field === 'name' || echoes.includes(field);
}

function hasContent({ content }: Loose): boolean {
  return Array.isArray(content) ? content.length > 0 : typeof content === 'string' && content !== '';
}

/** `index` and the like are leftovers of a stream; `extra_content` is another provider's signature. */
function encodeCall(call: unknown, dialect: Dialect): unknown {
  if (!isLoose(call)) return call;
  const { extra_content: extra, cache_control: _marker, ...rest } = call;
  const own = dialect.echoes === 'any' ? rest : pick(rest, ['id', 'type', 'function', 'custom']);
  const signed = dialect.extraContent && extra !== undefined ? { ...own, extra_content: extra } : own;
  return typeof signed['id'] === 'string' ? { ...signed, id: toOwnId(signed['id'], dialect) } : signed;
}

/** Mistral's length, the only one that any of them wants. */
const ID_LENGTH = 9;

function toOwnId(id: string, { callIds }: Dialect): string {
  return callIds === undefined ? id : toCallId(id, callIds, ID_LENGTH);
}

function pick(from: Loose, fields: readonly string[]): Loose {
  return Object.fromEntries(fields.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]));
}

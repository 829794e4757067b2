import { read } from './names.ts';

/** A longer text, of one part of a message, is cut. */
const LONGEST_TEXT = 16_384;
/** Messages beyond this many characters are left out, the oldest first. */
const LONGEST_ALL = 65_536;

type Part = Readonly<Record<string, unknown>>;

interface Message {
  readonly role: unknown;
  readonly parts: readonly Part[];
  readonly finish_reason?: unknown;
}

/** The prompt of a chat, as the conventions write messages (JSON); `undefined` for what has none. */
export function toInputMessages(asked: unknown): string | undefined {
  const messages = read(asked, 'messages');
  return Array.isArray(messages) ? toJson(messages.map(toMessage)) : undefined;
}

/** The answer of a chat, a message a choice. */
export function toOutputMessages(answer: unknown): string | undefined {
  const choices = read(answer, 'choices');
  if (!Array.isArray(choices)) return undefined;
  return toJson(
    choices.map((choice) => {
      const reason = read(choice, 'finish_reason');
      return { ...toMessage(read(choice, 'message')), finish_reason: reason === 'tool_calls' ? 'tool_call' : (reason ?? 'error') };
    }),
  );
}

function toMessage(message: unknown): Message {
  const [role, content, calls] = [read(message, 'role'), read(message, 'content'), read(message, 'tool_calls')];
  if (role === 'tool') {
    const response = typeof content === 'string' ? cut(content) : toParts(content);
    return { role, parts: [{ type: 'tool_call_response', id: read(message, 'tool_call_id'), response }] };
  }
  const reasoning = read(message, 'reasoning_content');
  const refusal = read(message, 'refusal');
  return {
    role,
    parts: [
      ...(typeof reasoning === 'string' && reasoning !== '' ? [{ type: 'reasoning', content: cut(reasoning) }] : []),
      ...toParts(content),
      ...(typeof refusal === 'string' ? [{ type: 'refusal', content: cut(refusal) }] : []),
      ...(Array.isArray(calls) ? calls.map(toToolCall) : []),
    ],
  };
}

function toParts(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content: cut(content) }];
  return Array.isArray(content) ? content.map(toPart) : [];
}

/** Bytes are told of, not recorded: a picture is no text, and many times as large. */
function toPart(part: unknown): Part {
  const type = read(part, 'type');
  if (type === 'text') return { type, content: cut(String(read(part, 'text'))) };
  if (type === 'image_url') return toImage(String(read(read(part, 'image_url'), 'url')));
  if (type === 'input_audio') {
    return { type: 'blob', modality: 'audio', mime_type: `audio/${String(read(read(part, 'input_audio'), 'format'))}`, content: '' };
  }
  const id = read(read(part, 'file'), 'file_id');
  if (typeof id === 'string') return { type: 'file', modality: 'document', file_id: cut(id) };
  return { type: cut(String(type)) };
}

/** An address without its query: it may hold a signature that opens what it names. */
function toImage(url: string): Part {
  const inline = /^data:([\w.+-]+\/[\w.+-]+)/.exec(url);
  if (inline !== null) return { type: 'blob', modality: 'image', mime_type: inline[1], content: '' };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return { type: 'uri', modality: 'image', uri: parsed === undefined ? '' : cut(`${parsed.protocol}//${parsed.host}${parsed.pathname}`) };
}

function toToolCall(call: unknown): Part {
  const [name, written] = [read(read(call, 'function'), 'name'), read(read(call, 'function'), 'arguments')];
  return { type: 'tool_call', id: read(call, 'id'), name, arguments: toArguments(written) };
}

/** What the model wrote, parsed where it is JSON and short enough to be kept whole. */
function toArguments(written: unknown): unknown {
  if (typeof written !== 'string') return undefined;
  if (written.length > LONGEST_TEXT) return cut(written);
  try {
    return JSON.parse(written);
  } catch {
    return written;
  }
}

/** Always JSON that can be read: whole messages are left out, and of the last one no more than what is too long by itself. */
function toJson(messages: readonly Message[]): string {
  const kept: string[] = [];
  let length = 0;
  for (const message of messages.toReversed()) {
    const text = JSON.stringify(message);
    length += text.length;
    if (length > LONGEST_ALL && kept.length > 0) break;
    kept.unshift(text.length > LONGEST_ALL ? JSON.stringify(shorten(message)) : text);
  }
  return `[${kept.join(',')}]`;
}

/** The parts that fit, from the beginning. */
function shorten({ role, parts }: Message): Message {
  let length = 0;
  const end = parts.findIndex((part) => (length += JSON.stringify(part).length) > LONGEST_ALL);
  return { role, parts: parts.slice(0, end) };
}

function cut(text: string): string {
  // A pair that is cut in two is no text.
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT).replace(/[\ud800-\udbff]$/, '')}…`;
}

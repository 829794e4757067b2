import type { Asked } from '../../chat/asked.ts';
import type { ChatRequest, ContentPart, EmbedRequest } from '../../chat/request.ts';
import type { Estimate } from '../provider.ts';

const CHARS_PER_TOKEN = 4;
/** Role, separators and the reply's start that the provider adds to each message. */
const TOKENS_PER_MESSAGE = 4;
/** Images cost 85 to some thousands; the request does not tell their size. */
const TOKENS_PER_IMAGE = 1000;
/** A base64 byte of audio or of a document is far less than a token; neither costs more than this in one request. */
const CHARS_PER_FILE_TOKEN = 100;
const MOST_TOKENS_PER_FILE = 50_000;
/** A schema is measured to this many values: what is larger costs more to measure than the estimate is worth. */
const MOST_VALUES = 5000;
const DEEPEST = 100;

/** Tokens that the provider will charge at admission, roughly. It is settled by the true use afterwards. */
export function estimate(asked: Asked): Estimate {
  switch (asked.operation) {
    case 'chat':
      return estimateChat(asked.request);
    case 'embed':
      return { input: estimateInput(asked.request.input), output: 0 };
    case 'models':
      return { input: 0, output: 0 };
  }
}

function estimateChat(request: ChatRequest): Estimate {
  let chars = 0;
  let tokens = 0;
  for (const message of request.messages) {
    tokens += TOKENS_PER_MESSAGE;
    const { content } = message;
    if (typeof content === 'string') chars += content.length;
    else for (const part of content ?? []) tokens += estimatePart(part);
    if (message.role === 'assistant') chars += measure(message.tool_calls);
  }
  chars += measure(request.tools) + measure(request.response_format);
  const each = positive(request.max_completion_tokens) ?? positive(request.max_tokens) ?? 0;
  return { input: tokens + Math.ceil(chars / CHARS_PER_TOKEN), output: each * (positive(request.n) ?? 1) };
}

function estimatePart(part: ContentPart): number {
  if (part.type === 'text') return Math.ceil(part.text.length / CHARS_PER_TOKEN);
  if (part.type === 'input_audio') return estimateFile(part.input_audio.data);
  if (part.type === 'file') return estimateFile(part.file.file_data);
  return TOKENS_PER_IMAGE;
}

function estimateFile(text: string | undefined): number {
  if (text === undefined) return TOKENS_PER_IMAGE;
  return Math.min(MOST_TOKENS_PER_FILE, Math.ceil(text.length / CHARS_PER_FILE_TOKEN));
}

function estimateInput(input: EmbedRequest['input']): number {
  if (typeof input === 'string') return Math.ceil(input.length / CHARS_PER_TOKEN);
  let tokens = 0;
  for (const item of input) {
    if (typeof item === 'number') tokens += 1;
    else tokens += typeof item === 'string' ? Math.ceil(item.length / CHARS_PER_TOKEN) : item.length;
  }
  return tokens;
}

/** About as many characters as the value has in JSON, without writing it: requests are measured before every lease. */
function measure(value: unknown): number {
  let left = MOST_VALUES;
  const sizeOf = (item: unknown, depth: number): number => {
    if (item === undefined || left <= 0 || depth > DEEPEST) return 0;
    left -= 1;
    if (typeof item === 'string') return item.length + 2;
    if (item === null || typeof item !== 'object') return 4;
    let size = 2;
    if (Array.isArray(item)) for (const element of item as unknown[]) size += sizeOf(element, depth + 1) + 1;
    else for (const [name, element] of Object.entries(item)) size += name.length + 4 + sizeOf(element, depth + 1);
    return size;
  };
  return sizeOf(value, 0);
}

function positive(value: number | null | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}

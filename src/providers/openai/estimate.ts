import type { Asked } from '../../chat/asked.ts';
import type { ChatRequest, ContentPart, EmbedRequest } from '../../chat/request.ts';
import type { Estimate } from '../provider.ts';

/** English and code; what an answer tells corrects it for each model. */
const CHARS_PER_TOKEN = 4;
/** Chinese, Japanese, Korean, and the halves of emoji. */
const TOKENS_PER_WIDE_CHAR = 1;
/** Letters beyond Latin: Greek, Cyrillic, Arabic, Indic and others. */
const TOKENS_PER_FOREIGN_CHAR = 0.4;
/** Base64, hashes and numbers, which no vocabulary has whole. */
const TOKENS_PER_DENSE_CHAR = 0.6;
/** So many characters of a text tell what it is made of: looking at all of them would cost more than the rest of the estimate. */
const SAMPLES = 48;
/** Words in capitals are short, and have spaces between them. */
const SHORTEST_DENSE = 128;
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

/** The size of what is asked, in tokens, roughly: what came of such requests before corrects it, and the true use settles it. */
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
  let tokens = 0;
  let chars = 0;
  for (const message of request.messages) {
    tokens += TOKENS_PER_MESSAGE;
    const { content } = message;
    if (typeof content === 'string') tokens += tokensOf(content);
    else for (const part of content ?? []) tokens += estimatePart(part);
    if (message.role === 'assistant') chars += measure(message.tool_calls);
  }
  chars += measure(request.tools) + measure(request.response_format);
  const each = positive(request.max_completion_tokens) ?? positive(request.max_tokens);
  const output = each === undefined ? undefined : each * (positive(request.n) ?? 1);
  return { input: Math.ceil(tokens + chars / CHARS_PER_TOKEN), output };
}

function estimatePart(part: ContentPart): number {
  if (part.type === 'text') return tokensOf(part.text);
  if (part.type === 'input_audio') return estimateFile(part.input_audio.data);
  if (part.type === 'file') return estimateFile(part.file.file_data);
  return TOKENS_PER_IMAGE;
}

function estimateFile(text: string | undefined): number {
  if (text === undefined) return TOKENS_PER_IMAGE;
  return Math.min(MOST_TOKENS_PER_FILE, Math.ceil(text.length / CHARS_PER_FILE_TOKEN));
}

function estimateInput(input: EmbedRequest['input']): number {
  if (typeof input === 'string') return Math.ceil(tokensOf(input));
  let tokens = 0;
  for (const item of input) {
    if (typeof item === 'number') tokens += 1;
    else tokens += typeof item === 'string' ? Math.ceil(tokensOf(item)) : item.length;
  }
  return tokens;
}

/** Tokens of a text by what some of its characters are. */
function tokensOf(text: string): number {
  const { length } = text;
  const step = Math.max(1, Math.floor(length / SAMPLES));
  let looked = 0;
  let wide = 0;
  let foreign = 0;
  let dense = 0;
  let spaces = 0;
  for (let at = step >> 1; at < length; at += step) {
    const code = text.charCodeAt(at);
    looked += 1;
    if (code >= 0x2e80) wide += 1;
    else if (code >= 0x370 && (code < 0x2000 || code > 0x2bff)) foreign += 1;
    else if (code <= 0x20) spaces += 1;
    else if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a)) dense += 1;
  }
  if (length >= SHORTEST_DENSE && spaces === 0 && dense > looked * 0.4) return length * TOKENS_PER_DENSE_CHAR;
  const plain = looked - wide - foreign;
  const each = looked === 0 ? 0 : (plain / CHARS_PER_TOKEN + wide * TOKENS_PER_WIDE_CHAR + foreign * TOKENS_PER_FOREIGN_CHAR) / looked;
  return length * each;
}

/** About as many characters as the value has in JSON, without writing it: requests are measured before every lease. */
function measure(value: unknown): number {
  if (value === undefined) return 0;
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

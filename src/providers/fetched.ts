import { type FetchRequest, isSpent, spend } from '../chat/fetched.ts';
import { RequestError } from '../errors.ts';
import type { AnyRequest, RequestBody } from '../wire/types.ts';
import { isLoose, type Loose } from './loose.ts';
import type { Estimate, Provider } from './provider.ts';

/**
 * A request that the caller wrote: it passes as it is. The provider's own headers and query are added where it has none of the name. Throws a
 * `RequestError` for a body that is gone, which can be sent nowhere.
 */
export function encodeFetched(request: FetchRequest, provider: Provider): AnyRequest {
  if (isSpent(request)) throw toSpent();
  const { method, url, headers, body } = request;
  return { method, url: withQuery(url, provider.query), headers: { ...provider.headers, ...headers }, body: toBody(body) };
}

function toBody(body: FetchRequest['body']): RequestBody {
  switch (body.kind) {
    case 'none':
      return undefined;
    case 'text':
      return body.text;
    case 'bytes':
      return body.bytes;
    case 'once':
      return { open: () => spend(body), bytes: body.bytes };
  }
}

function toSpent(): RequestError {
  const rule = 'its body can be read once: current value is one that was sent before';
  return new RequestError(`Cannot send the request again as ${rule}`, { class: 'bad_request' });
}

function withQuery(address: string, query: Provider['query']): string {
  const added = Object.entries(query);
  if (added.length === 0) return address;
  const url = new URL(address);
  // Written by hand, as to append one would respell the others.
  const missing = added.filter(([name]) => !url.searchParams.has(name));
  if (missing.length === 0) return address;
  const text = new URLSearchParams(missing).toString();
  url.search = url.search === '' ? text : `${url.search}&${text}`;
  return url.href;
}

const BYTES_PER_TOKEN = 4;
/** Images, audio and documents: far less than a token a byte, and nobody knows how many. One costs about so much. */
const TOKENS_PER_FILE = 1000;
/** A text without a space that is longer than this is no text: base64, mostly. */
const LONGEST_WORD = 2048;
/** So much of a body is looked through for what is no text: what is smaller holds none that matters, and to look costs. */
const WORTH_LOOKING = 2 * LONGEST_WORD;
const MOST_VALUES = 20_000;
const DEEPEST = 100;

/** Names of the most that an answer may have, and the objects that they stand in. */
const OUTPUTS: ReadonlySet<string> = new Set([
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'max_tokens_to_sample',
  'max_gen_len',
  'maxOutputTokens',
  'maxTokens',
]);
const WITHIN = ['generationConfig', 'generation_config', 'inferenceConfig', 'textGenerationConfig'] as const;

/** Tokens by the length of the body, as nobody knows its words: four bytes a token, but for what is no text. */
export function estimateFetched({ body, json, endpoint, method }: FetchRequest): Estimate {
  const input = body.kind === 'text' ? estimateText(body.text, json) : estimateBytes(body);
  if (endpoint.kind === 'embed' || method === 'GET' || method === 'HEAD' || method === 'DELETE') return { input, output: 0 };
  const output = findOutput(json);
  // What writes no text writes none: files, batches, images.
  return { input, output: output ?? (endpoint.kind === 'chat' || endpoint.stream ? undefined : 0) };
}

function estimateText(text: string, json: unknown): number {
  if (text.length < WORTH_LOOKING || typeof json !== 'object' || json === null) return Math.ceil(text.length / BYTES_PER_TOKEN);
  const files = findFiles(json);
  return Math.ceil(Math.max(0, text.length - files.length) / BYTES_PER_TOKEN) + files.count * TOKENS_PER_FILE;
}

function estimateBytes(body: FetchRequest['body']): number {
  const bytes = body.kind === 'bytes' ? body.bytes.byteLength : body.kind === 'once' ? (body.bytes ?? Infinity) : 0;
  return Math.min(TOKENS_PER_FILE, Math.ceil(bytes / BYTES_PER_TOKEN));
}

/** How many texts are none, and how long they are together. */
function findFiles(json: object): { readonly count: number; readonly length: number } {
  let count = 0;
  let length = 0;
  let left = MOST_VALUES;
  const look = (value: unknown, depth: number): void => {
    left -= 1;
    if (left < 0 || depth > DEEPEST) return;
    if (typeof value === 'string' && isFile(value)) {
      count += 1;
      length += value.length;
    } else if (Array.isArray(value)) for (const item of value as unknown[]) look(item, depth + 1);
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) look(item, depth + 1);
  };
  look(json, 0);
  return { count, length };
}

function isFile(text: string): boolean {
  return text.length > LONGEST_WORD && /^[\w+/=:;,.-]+$/.test(text.slice(0, LONGEST_WORD));
}

function findOutput(json: unknown): number | undefined {
  if (!isLoose(json)) return undefined;
  const objects = [json, ...WITHIN.map((name) => json[name]).filter(isLoose)];
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      if (OUTPUTS.has(name) && typeof value === 'number' && value > 0 && value < Infinity) return value * timesOf(json);
    }
  }
  return undefined;
}

/** Several answers of one request. */
function timesOf({ n }: Loose): number {
  return typeof n === 'number' && n > 1 && n < 1000 ? n : 1;
}

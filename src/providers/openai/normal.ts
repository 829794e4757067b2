import { type CallPlace, toCallId } from '../../chat/call-id.ts';
import { isLoose, type Loose } from '../loose.ts';

/**
 * A message, or a delta of one, in one shape: content is text, reasoning is in `reasoning_content` whatever the server calls it, and
 * what has no place of its own is kept. Untouched where there is nothing to do.
 */
export function toNormal(message: Loose): Loose {
  const { content } = message;
  const isParts = Array.isArray(content) || isLoose(content);
  const read = toTexts(
    isParts ? { ...message, ...readParts(Array.isArray(content) ? (content as unknown[]) : [content], message) } : message,
  );
  const { reasoning } = read;
  const isOnlyThere = typeof reasoning === 'string' && reasoning !== '' && typeof read['reasoning_content'] !== 'string';
  return isOnlyThere ? { ...read, reasoning_content: reasoning } : read;
}

const TEXTS = ['content', 'reasoning_content', 'refusal'] as const;

/** Callers write these out as they come: what is no text becomes one, or goes to the parts that have no other place. */
function toTexts(message: Loose): Loose {
  let read = message;
  for (const field of TEXTS) {
    const value = read[field];
    if (value == null || typeof value === 'string') continue;
    read =
      typeof value === 'object'
        ? { ...read, [field]: null, content_parts: [...listOf(read['content_parts']), value] }
        : { ...read, [field]: JSON.stringify(value) };
  }
  return read;
}

/** A whole message: what a stream's collector would fill is filled here, but for the ids of calls. */
export function toWholeMessage(message: Loose): Loose {
  const normal = toNormal(message);
  const { role, content, tool_calls: calls } = normal;
  const full = role === undefined || content === undefined ? { ...normal, role: role ?? 'assistant', content: content ?? null } : normal;
  if (!Array.isArray(calls) || calls.length === 0) return full;
  const read = (calls as unknown[]).filter(isLoose).map(toWholeCall);
  if (read.length === calls.length && read.every((call, position) => call === (calls as unknown[])[position])) return full;
  const { tool_calls: _, ...rest } = full;
  return read.length === 0 ? rest : { ...rest, tool_calls: read };
}

function toWholeCall(call: Loose): Loose {
  const read = withText(call);
  const { type, function: said, custom } = read;
  const typed = typeof type === 'string' ? read : { ...read, type: custom === undefined ? 'function' : 'custom' };
  if (typed['type'] !== 'function' || (isLoose(said) && said['name'] !== undefined && said['arguments'] !== undefined)) return typed;
  return { ...typed, function: { name: '', arguments: '', ...(isLoose(said) ? said : {}) } };
}

/** A call, or a piece of one. Arguments are JSON text; some servers write the object itself. What is no text elsewhere says nothing. */
export function withText(call: Loose): Loose {
  const read = isLoose(call['function']) ? toSaid(call['function']) : undefined;
  if (isTextOrNothing(call['id']) && isTextOrNothing(call['type']) && read === call['function']) return call;
  const { id, type, function: _, ...rest } = call;
  return {
    ...(isTextOrNothing(id) ? { id } : {}),
    ...(isTextOrNothing(type) ? { type } : {}),
    ...rest,
    ...(read === undefined ? {} : { function: read }),
  };
}

function toSaid(said: Loose): Loose {
  const { name, arguments: given } = said;
  if (isTextOrNothing(name) && isTextOrNothing(given)) return said;
  return {
    ...said,
    ...(isTextOrNothing(name) ? {} : { name: toJsonText(name) }),
    ...(isTextOrNothing(given) ? {} : { arguments: toJsonText(given) }),
  };
}

function isTextOrNothing(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function toJsonText(value: unknown): string {
  return value === null ? '' : JSON.stringify(value);
}

/** The calls of a whole choice, all with ids, as its stream's collector would give them. */
export function withCallIds(choice: Loose, reply: Pick<CallPlace, 'id' | 'created'>): Loose {
  const message = choice['message'];
  const calls = isLoose(message) ? message['tool_calls'] : undefined;
  if (!isLoose(message) || !Array.isArray(calls)) return choice;
  const isNamed = (call: unknown): boolean => isLoose(call) && typeof call['id'] === 'string' && call['id'] !== '';
  if (calls.every(isNamed)) return choice;
  const place = { ...reply, choice: Number(choice['index']) };
  const named = (calls as unknown[]).map((call, position) => {
    if (!isLoose(call) || isNamed(call)) return call;
    return { ...call, id: toCallId({ ...place, position }, ...wordsOf(call)) };
  });
  return { ...choice, message: { ...message, tool_calls: named } };
}

function wordsOf({ function: said, custom }: Loose): readonly [string, string] {
  const own = isLoose(custom) ? [custom['name'], custom['input']] : isLoose(said) ? [said['name'], said['arguments']] : [];
  const [name, text] = own.map((word) => (typeof word === 'string' ? word : ''));
  return [name ?? '', text ?? ''];
}

/** Mistral's content of several parts. */
function readParts(parts: readonly unknown[], message: Loose): Loose {
  let text: string | null = null;
  let reasoning = '';
  const annotations: unknown[] = [];
  const others: unknown[] = [];
  for (const part of parts) {
    if (typeof part === 'string') text = (text ?? '') + part;
    else if (!isLoose(part)) others.push(part);
    else if (part['type'] === 'text' && typeof part['text'] === 'string') text = (text ?? '') + part['text'];
    else if (part['type'] === 'thinking') reasoning += textOf(part['thinking']);
    else if (typeof part['url'] === 'string') annotations.push(toAnnotation(part['url'], part['title']));
    else others.push(part);
  }
  return {
    content: text,
    ...(reasoning === '' ? {} : { reasoning_content: textOf(message['reasoning_content']) + reasoning }),
    ...(annotations.length === 0 ? {} : { annotations: [...listOf(message['annotations']), ...annotations] }),
    ...(others.length === 0 ? {} : { content_parts: others }),
  };
}

function textOf(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking;
  return listOf(thinking)
    .map((piece) => (isLoose(piece) && typeof piece['text'] === 'string' ? piece['text'] : ''))
    .join('');
}

/** Sources that stand beside the choices (Perplexity, xAI), as annotations of a message. */
export function readSources({ search_results: results, citations }: Loose): readonly Loose[] {
  if (results === undefined && citations === undefined) return NONE;
  const found = listOf(results).flatMap((result) =>
    isLoose(result) && typeof result['url'] === 'string' ? [toAnnotation(result['url'], result['title'])] : [],
  );
  const urls = new Set(found.map(({ url_citation: { url } }) => url));
  const others = listOf(citations).filter((url): url is string => typeof url === 'string' && !urls.has(url));
  return [...found, ...[...new Set(others)].map((url) => toAnnotation(url, undefined))];
}

const NONE: readonly Loose[] = [];

interface UrlCitation extends Loose {
  readonly url_citation: { readonly url: string; readonly title?: string };
}

function toAnnotation(url: string, title: unknown): UrlCitation {
  return { type: 'url_citation', url_citation: { url, ...(typeof title === 'string' ? { title } : {}) } };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

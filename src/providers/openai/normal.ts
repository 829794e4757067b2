import { isLoose, type Loose } from '../loose.ts';

/**
 * A message, or a delta of one, in one shape: content is text, reasoning is in `reasoning_content` whatever the server calls it, and
 * what has no place of its own is kept. Untouched where there is nothing to do.
 */
export function toNormal(message: Loose): Loose {
  const { content } = message;
  const read = Array.isArray(content) ? { ...message, ...readParts(content as unknown[], message) } : message;
  const { reasoning } = read;
  const isOnlyThere = typeof reasoning === 'string' && reasoning !== '' && typeof read['reasoning_content'] !== 'string';
  return isOnlyThere ? { ...read, reasoning_content: reasoning } : read;
}

/** A whole message: what a stream's collector would fill is filled here. */
export function toWholeMessage(message: Loose): Loose {
  const normal = toNormal(message);
  const { role, content, tool_calls: calls } = normal;
  const full = role === undefined || content === undefined ? { ...normal, role: role ?? 'assistant', content: content ?? null } : normal;
  if (!Array.isArray(calls)) return full;
  const read = (calls as unknown[]).map((call, position) => (isLoose(call) ? toWholeCall(call, position) : call));
  return read.every((call, position) => call === (calls as unknown[])[position]) ? full : { ...full, tool_calls: read };
}

/** The result of a call names it by id, so that one without needs one. */
function toWholeCall(call: Loose, position: number): Loose {
  const { id, type } = withText(call);
  if (typeof id === 'string' && id !== '' && typeof type === 'string') return withText(call);
  return { ...withText(call), id: typeof id === 'string' && id !== '' ? id : `call_${position}`, type: type ?? 'function' };
}

/** Arguments are JSON text; some servers write the object itself. */
export function withText(call: Loose): Loose {
  const { function: said } = call;
  if (!isLoose(said) || said['arguments'] === undefined || typeof said['arguments'] === 'string') return call;
  return { ...call, function: { ...said, arguments: said['arguments'] === null ? '' : JSON.stringify(said['arguments']) } };
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

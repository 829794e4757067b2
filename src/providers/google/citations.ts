import type { Annotation } from '../../chat/reply.ts';
import { isLoose } from '../loose.ts';

/** What a candidate tells of its sources. */
export interface Sources {
  readonly groundingMetadata?: unknown;
  readonly citationMetadata?: unknown;
}

/** Sources in OpenAI's shape, with their places in `text` where they are told. Google's own words are kept beside them. */
export function toAnnotations({ groundingMetadata, citationMetadata }: Sources, text: string): readonly Annotation[] {
  return [...toGrounding(groundingMetadata, text), ...toCitations(citationMetadata, text)];
}

interface Source {
  readonly url: string;
  readonly title?: string;
}

function toGrounding(metadata: unknown, text: string): readonly Annotation[] {
  if (!isLoose(metadata)) return [];
  const sources = listOf(metadata['groundingChunks']).map(readSource);
  const supported = listOf(metadata['groundingSupports']).flatMap((support) => {
    if (!isLoose(support)) return [];
    const place = toPlace(support['segment'], text);
    return listOf(support['groundingChunkIndices']).flatMap((index) => {
      const source = typeof index === 'number' ? sources[index] : undefined;
      return source === undefined ? [] : [toAnnotation({ ...source, ...place })];
    });
  });
  if (supported.length > 0) return supported;
  return sources.flatMap((source) => (source === undefined ? [] : [toAnnotation(source)]));
}

/** A page, a document of the caller's own, or a place on a map. */
function readSource(chunk: unknown): Source | undefined {
  if (!isLoose(chunk)) return undefined;
  for (const kind of ['web', 'retrievedContext', 'maps', 'image']) {
    const said = chunk[kind];
    const url = isLoose(said) ? (said['uri'] ?? said['sourceUri']) : undefined;
    if (!isLoose(said) || typeof url !== 'string') continue;
    return { url, ...(typeof said['title'] === 'string' ? { title: said['title'] } : {}) };
  }
  return undefined;
}

/** AI Studio and Vertex have different names for the list. */
function toCitations(metadata: unknown, text: string): readonly Annotation[] {
  if (!isLoose(metadata)) return [];
  return listOf(metadata['citationSources'] ?? metadata['citations']).flatMap((citation) => {
    if (!isLoose(citation) || typeof citation['uri'] !== 'string') return [];
    const { uri: url, title } = citation;
    return [toAnnotation({ url, ...(typeof title === 'string' ? { title } : {}), ...toPlace(citation, text) })];
  });
}

interface Span {
  readonly start_index?: number;
  readonly end_index?: number;
}

/** Google counts bytes, of one part; the words themselves say it better, where they are told. */
function toPlace(segment: unknown, text: string): Span {
  if (!isLoose(segment)) return {};
  const { startIndex = 0, endIndex, text: words } = segment;
  if (typeof words === 'string' && words !== '') {
    const near = typeof startIndex === 'number' ? toIndex(text, startIndex) : 0;
    const found = [text.indexOf(words, near), text.indexOf(words)].find((at) => at >= 0);
    return found === undefined ? {} : { start_index: found, end_index: found + words.length };
  }
  if (typeof startIndex !== 'number' || typeof endIndex !== 'number' || endIndex < startIndex) return {};
  return { start_index: toIndex(text, startIndex), end_index: toIndex(text, endIndex) };
}

function toIndex(text: string, bytes: number): number {
  return Buffer.from(text, 'utf8').subarray(0, Math.max(0, bytes)).toString('utf8').length;
}

function toAnnotation(citation: Source & Span): Annotation {
  return { type: 'url_citation', url_citation: citation };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

import type { Annotation } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';

/** One annotation for each source. Sources with an address are OpenAI's `url_citation`; others keep Cohere's words. */
export function toAnnotations(citation: Loose): readonly Annotation[] {
  const { start, end, text, sources } = citation;
  const place = {
    ...(typeof start === 'number' ? { start_index: start } : {}),
    ...(typeof end === 'number' ? { end_index: end } : {}),
  };
  const known = Array.isArray(sources) ? (sources as unknown[]).filter(isLoose) : [];
  return known.map((source): Annotation => {
    const { document } = source;
    const { url, title } = isLoose(document) ? document : {};
    if (typeof url !== 'string')
      return { type: 'document_citation', document_citation: { ...source, ...place, ...(text === undefined ? {} : { text }) } };
    return { type: 'url_citation', url_citation: { url, ...(typeof title === 'string' ? { title } : {}), ...place } };
  });
}

import type { Annotation } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';

/** Where the cited text stands in the content. */
interface Place {
  readonly start_index: number;
  readonly end_index: number;
}

/** Sources with an address are OpenAI's `url_citation`; places in documents keep Bedrock's words. */
export function toAnnotation(citation: Loose, place: Place): Annotation {
  const { location, source, title } = citation;
  const web = isLoose(location) && isLoose(location['web']) ? location['web']['url'] : undefined;
  const address = typeof web === 'string' ? web : source;
  if (typeof address !== 'string' || !/^https?:/i.test(address)) {
    return { type: 'document_citation', document_citation: { ...citation, ...place } };
  }
  return { type: 'url_citation', url_citation: { url: address, ...(typeof title === 'string' ? { title } : {}), ...place } };
}

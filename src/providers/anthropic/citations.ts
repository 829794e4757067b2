import type { Annotation } from '../../chat/reply.ts';
import type { Loose } from '../loose.ts';

/** Where the cited text stands in the content. */
interface Place {
  readonly start_index: number;
  readonly end_index: number;
}

/** Sources with an address are OpenAI's `url_citation`; places in documents keep Anthropic's words. */
export function toAnnotation(citation: Loose, place: Place): Annotation {
  const { url, source, title, cited_text: cited } = citation;
  const address = typeof url === 'string' ? url : source;
  if (typeof address !== 'string') return { type: 'document_citation', document_citation: { ...citation, ...place } };
  return {
    type: 'url_citation',
    url_citation: {
      url: address,
      ...(typeof title === 'string' ? { title } : {}),
      ...place,
      ...(typeof cited === 'string' ? { cited_text: cited } : {}),
    },
  };
}

import { isLoose, type Loose } from '../loose.ts';
import { readDataUrl } from '../parts.ts';

/** Mistral's documents and audio. */
export function mistralPart(part: Loose): Loose | undefined {
  const { type, file, input_audio: audio } = part;
  if (type === 'input_audio' && isLoose(audio)) return { type, input_audio: audio['data'] };
  if (type !== 'file' || !isLoose(file)) return undefined;
  if (typeof file['file_id'] === 'string') return { type, file_id: file['file_id'] };
  return { type: 'document_url', document_url: file['file_data'], ...nameOf(file, 'document_name') };
}

/** Perplexity's documents: a URL, or base64 without its `data:` prefix. */
export function perplexityPart(part: Loose): Loose | undefined {
  const { type, file } = part;
  if (type !== 'file' || !isLoose(file) || typeof file['file_data'] !== 'string') return undefined;
  const url = readDataUrl(file['file_data'])?.data ?? file['file_data'];
  return { type: 'file_url', file_url: { url }, ...nameOf(file, 'file_name') };
}

function nameOf({ filename }: Loose, field: string): Loose {
  return typeof filename === 'string' ? { [field]: filename } : {};
}

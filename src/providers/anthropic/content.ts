import type { ContentPart } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import { fromBase64, isAddress, readDataUrl, toWrong, type DataUrl } from '../parts.ts';

/** One block of a message, in Anthropic's shape. */
export type Block = Loose;

/** Blocks of Anthropic's own that callers may write among their parts. */
const OWN_BLOCK =
  /^(image|document|search_result|container_upload|tool_reference|compaction|fallback|thinking|redacted_thinking|\w*tool_use|\w*tool_result)$/;

/** The parts of one message as blocks. Blank texts are left out, as the API refuses them. `at`: `messages[2]`. */
export function toBlocks(content: string | readonly ContentPart[] | null | undefined, at: string, unsupported: Unsupported): Block[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return toText(content);
  return content.flatMap((part, position) => {
    const blocks = toBlock(part, `${at}.content[${position}]`, unsupported);
    const { cache_control: cache } = part;
    return cache == null ? blocks : blocks.map((block) => ({ ...block, cache_control: cache }));
  });
}

export function toText(text: string): Block[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

/** Marks the last block, which is what a marker of the whole message means. */
export function mark(blocks: readonly Block[], cache: unknown): readonly Block[] {
  if (cache == null || blocks.length === 0) return blocks;
  return blocks.map((block, index) => (index === blocks.length - 1 ? { ...block, cache_control: cache } : block));
}

function toBlock(part: ContentPart, at: string, unsupported: Unsupported): Block[] {
  // Parts of other kinds than the types name come as well.
  const { type }: { readonly type: string } = part;
  const loose: Loose = part;
  switch (type) {
    case 'text':
      return typeof loose['text'] === 'string' ? withCitations(toText(loose['text']), loose) : [];
    case 'refusal':
      return typeof loose['refusal'] === 'string' ? toText(loose['refusal']) : [];
    case 'image_url':
      return toImage(loose['image_url'], `${at}.image_url`, unsupported);
    case 'file':
      return toFile(loose['file'], at, unsupported);
    default:
      if (OWN_BLOCK.test(type)) return [part];
      unsupported.refuse(type, part, at);
      return [];
  }
}

/** A text that was cited is given back with its sources. */
function withCitations(blocks: Block[], { citations }: Loose): Block[] {
  return Array.isArray(citations) ? blocks.map((block) => ({ ...block, citations: citations as unknown })) : blocks;
}

function toImage(image: unknown, at: string, unsupported: Unsupported): Block[] {
  const url = isLoose(image) ? image['url'] : image;
  if (typeof url !== 'string' || url === '') throw toWrong(`${at}.url`, 'must be a URL', url);
  const data = readDataUrl(url);
  if (data !== undefined) return [{ type: 'image', source: toBase64Source(data) }];
  if (isDownloaded(url)) return [{ type: 'image', source: { type: 'url', url } }];
  unsupported.refuse('image_url', url, `${at}.url`, NOT_DOWNLOADED);
  return [];
}

function toFile(file: unknown, at: string, unsupported: Unsupported): Block[] {
  if (!isLoose(file)) throw toWrong(`${at}.file`, 'must be an object', file);
  const { file_id: id, file_data: data, filename } = file;
  const title = typeof filename === 'string' && filename !== '' ? { title: filename } : {};
  if (typeof id === 'string') return [{ type: 'document', source: { type: 'file', file_id: id }, ...title }];
  if (typeof data !== 'string' || data === '') throw toWrong(`${at}.file.file_data`, 'must be a data URL, or a file_id given', data);
  if (isDownloaded(data)) return [{ type: 'document', source: { type: 'url', url: data }, ...title }];
  const inline = readDataUrl(data);
  if (inline === undefined && isAddress(data)) {
    unsupported.refuse('file', data, `${at}.file.file_data`, NOT_DOWNLOADED);
    return [];
  }
  const read = inline ?? { mediaType: guess(filename), data };
  const { mediaType } = read;
  if (mediaType.startsWith('image/')) return [{ type: 'image', source: toBase64Source(read) }];
  if (mediaType === 'application/pdf') return [{ type: 'document', source: toBase64Source(read), ...title }];
  if (isText(mediaType)) {
    return [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: fromBase64(read.data) }, ...title }];
  }
  unsupported.refuse('file', mediaType, `${at}.file`, 'must be a PDF, a text or an image there');
  return [];
}

const NOT_DOWNLOADED = 'must be a data URL or one of https there, as nobody downloads others';

function isDownloaded(url: string): boolean {
  return /^https?:/i.test(url);
}

function toBase64Source({ mediaType, data }: DataUrl): Block {
  return { type: 'base64', media_type: mediaType === 'image/jpg' ? 'image/jpeg' : mediaType, data };
}

/** Of data without its type: what the name says, else the one kind that everybody sends. */
function guess(filename: unknown): string {
  const name = typeof filename === 'string' ? filename.toLowerCase() : '';
  return /\.(txt|md|markdown|csv|json|xml|html?|ya?ml|log)$/.test(name) ? 'text/plain' : 'application/pdf';
}

function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || /^application\/(json|xml|yaml|x-yaml|javascript|x-ndjson)$/.test(mediaType);
}

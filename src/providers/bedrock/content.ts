import type { ContentPart } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import { isAddress, readDataUrl, toWrong } from '../parts.ts';
import { DocumentNames, toDocumentFormat } from './documents.ts';

/** One block of a message, in Converse's shape: an object of one field that says what it is. */
export type Block = Loose;

/** Marks the end of what is to be cached. */
const CACHE_POINT = 'cachePoint';

/** Blocks of Converse's own that callers may write among their parts. */
const OWN_BLOCKS: readonly string[] = [
  'text',
  'image',
  'document',
  'video',
  'audio',
  'guardContent',
  'searchResult',
  CACHE_POINT,
  'toolUse',
  'toolResult',
  'reasoningContent',
  'citationsContent',
];
const IMAGE_FORMATS = new Set(['png', 'jpeg', 'gif', 'webp']);

/** What parts are read with. */
export interface Reading {
  readonly unsupported: Unsupported;
  readonly documents: DocumentNames;
}

/** For one request: names of documents are unique in it. */
export function reading(unsupported: Unsupported): Reading {
  return { unsupported, documents: new DocumentNames() };
}

/** The parts of one message as blocks. Blank texts are left out, as the API refuses them. `at`: `messages[2]`. */
export function toBlocks(content: string | readonly ContentPart[] | null | undefined, at: string, from: Reading): Block[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return toText(content);
  return content.flatMap((part, position) => {
    const blocks = toPart(part, `${at}.content[${position}]`, from);
    return withCachePoint(blocks, part.cache_control);
  });
}

export function toText(text: unknown): Block[] {
  return typeof text === 'string' && text.trim() !== '' ? [{ text }] : [];
}

/** The blocks, and the mark behind them where there is something to cache. */
export function withCachePoint(blocks: Block[], cache: unknown): Block[] {
  if (cache === null || cache === undefined || blocks.length === 0) return blocks;
  const ttl = isLoose(cache) && typeof cache['ttl'] === 'string' ? { ttl: cache['ttl'] } : {};
  return [...blocks, { [CACHE_POINT]: { type: 'default', ...ttl } }];
}

function toPart(part: ContentPart, at: string, from: Reading): Block[] {
  // Parts of other kinds than the types name come as well.
  const loose: Loose = part;
  const { type } = loose;
  switch (type) {
    case 'text':
      return toText(loose['text']);
    case 'refusal':
      return toText(loose['refusal']);
    case 'image_url':
      return toImage(loose['image_url'], at, from.unsupported);
    case 'file':
      return toFile(loose['file'], at, from);
    default:
      if (type === undefined && OWN_BLOCKS.some((name) => loose[name] !== undefined)) return [part];
      from.unsupported.refuse(typeof type === 'string' ? type : 'messages', part, at);
      return [];
  }
}

function toImage(image: unknown, at: string, unsupported: Unsupported): Block[] {
  const url = isLoose(image) ? image['url'] : image;
  if (typeof url !== 'string' || url === '') throw toWrong(`${at}.image_url.url`, 'must be a URL', url);
  if (/^s3:/i.test(url)) {
    return toImageBlock(/\.([a-z]+)$/i.exec(url)?.[1] ?? 'png', { s3Location: { uri: url } }, `${at}.image_url`, unsupported);
  }
  const data = readDataUrl(url);
  if (data !== undefined) return toImageBlock(data.mediaType.replace(/^image\//, ''), { bytes: data.data }, `${at}.image_url`, unsupported);
  unsupported.refuse('image_url', url, `${at}.image_url.url`, 'must be a data URL or an s3:// URL there, as nobody downloads it');
  return [];
}

function toImageBlock(subtype: string, source: Loose, at: string, unsupported: Unsupported): Block[] {
  const named = subtype.toLowerCase();
  const format = named === 'jpg' ? 'jpeg' : named;
  if (IMAGE_FORMATS.has(format)) return [{ image: { format, source } }];
  unsupported.refuse('image_url', subtype, at, 'must be a PNG, JPEG, GIF or WebP there');
  return [];
}

function toFile(file: unknown, at: string, { unsupported, documents }: Reading): Block[] {
  if (!isLoose(file)) throw toWrong(`${at}.file`, 'must be an object', file);
  const { file_id: id, file_data: data, filename, citations } = file;
  if (typeof id === 'string' && data === undefined) {
    unsupported.refuse('file', id, `${at}.file.file_id`, 'has no meaning there: give file_data');
    return [];
  }
  if (typeof data !== 'string' || data === '') throw toWrong(`${at}.file.file_data`, 'must be a data URL', data);
  const isStored = /^s3:/i.test(data);
  const inline = readDataUrl(data);
  if (inline === undefined && !isStored && isAddress(data)) {
    unsupported.refuse('file', data, `${at}.file.file_data`, 'must be a data URL or an s3:// URL there, as nobody downloads it');
    return [];
  }
  const read = inline ?? { mediaType: '', data };
  if (read.mediaType.startsWith('image/')) {
    return toImageBlock(read.mediaType.slice(6), { bytes: read.data }, `${at}.file`, unsupported);
  }
  const format = toDocumentFormat(read.mediaType, isStored ? data : filename);
  if (format === undefined) {
    unsupported.refuse('file', read.mediaType, `${at}.file`, 'must be a PDF, a text, or a document of an office there');
    return [];
  }
  const source = isStored ? { s3Location: { uri: data } } : { bytes: read.data };
  const cited = isLoose(citations) ? { citations } : {};
  return [{ document: { format, name: documents.toName(filename), source, ...cited } }];
}

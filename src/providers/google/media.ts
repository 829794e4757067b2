import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import { isAddress, readDataUrl, toWrong } from '../parts.ts';

/** Where a part stands, and what to do about one that cannot be expressed. */
export interface Place {
  readonly at: string;
  readonly baseURL: string;
  readonly unsupported: Unsupported;
}

/** What URLs and file names tell; Google asks for a type with every file that is not its own. */
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  bmp: 'image/bmp',
  svg: 'image/svg+xml',
  avif: 'image/avif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  csv: 'text/csv',
  xml: 'text/xml',
  rtf: 'text/rtf',
  js: 'text/javascript',
  py: 'text/x-python',
  json: 'application/json',
  mp3: 'audio/mp3',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  aac: 'audio/aac',
  aiff: 'audio/aiff',
  m4a: 'audio/mp4',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  mpg: 'video/mpeg',
  mov: 'video/quicktime',
  avi: 'video/avi',
  webm: 'video/webm',
  wmv: 'video/wmv',
  flv: 'video/x-flv',
  '3gp': 'video/3gpp',
};

/** What OpenAI's `file_data` is taken for where nothing tells: the documents that it began with. */
const DOCUMENT = 'application/pdf';

/**
 * A content part in Google's words; `undefined` when it was dropped. Data goes inline, a URL as the address of a file: who
 * downloads it is Google's to decide.
 */
export function toMediaPart(part: Loose, place: Place): Loose | undefined {
  const type = String(part['type']);
  if (!MEDIA.has(type)) {
    place.unsupported.refuse(type, part, place.at);
    return undefined;
  }
  const said = part[type];
  const media = isLoose(said) ? readMedia(type, said, place.baseURL) : undefined;
  if (media === undefined) throw toWrong(`${place.at}.${type}`, 'must hold data or an address', said);
  return media;
}

const MEDIA: ReadonlySet<string> = new Set(['image_url', 'video_url', 'input_audio', 'file']);

function readMedia(type: string, said: Loose, baseURL: string): Loose | undefined {
  if (type === 'input_audio') return readAudio(said);
  return type === 'file' ? readFile(said, baseURL) : readUrl(said['url'], said['format']);
}

/** `format` is a media type for URLs whose ending tells none. */
function readUrl(url: unknown, format: unknown): Loose | undefined {
  if (typeof url !== 'string' || url === '') return undefined;
  const inline = readDataUrl(url);
  if (inline !== undefined) return toInline(inline.mediaType, inline.data);
  return toFile(url, isMediaType(format) ? format : guessType(url));
}

function readAudio({ data, format }: Loose): Loose | undefined {
  if (typeof data !== 'string' || typeof format !== 'string') return undefined;
  const inline = readDataUrl(data);
  if (inline !== undefined) return toInline(inline.mediaType, inline.data);
  const name = format.toLowerCase();
  const known = guessType(`.${name}`) ?? `audio/${name}`;
  return toInline(name.includes('/') ? name : known, data);
}

function readFile({ file_data: data, file_id: id, filename, format }: Loose, baseURL: string): Loose | undefined {
  const named = isMediaType(format) ? format : typeof filename === 'string' ? guessType(filename) : undefined;
  if (typeof data === 'string') {
    const inline = readDataUrl(data);
    if (inline !== undefined) return toInline(inline.mediaType, inline.data);
    // Not data but an address, as some callers write it.
    return isAddress(data) ? toFile(data, named ?? guessType(data)) : toInline(named ?? DOCUMENT, data);
  }
  if (typeof id !== 'string' || id === '') return undefined;
  // The Files API names its files `files/…` and wants them by their whole address.
  return toFile(id.startsWith('files/') ? `${baseURL}/${id}` : id, named ?? guessType(id));
}

function toInline(mimeType: string, data: string): Loose {
  return { inlineData: { mimeType, data } };
}

function toFile(fileUri: string, mimeType: string | undefined): Loose {
  return { fileData: { ...(mimeType === undefined ? {} : { mimeType }), fileUri } };
}

function isMediaType(text: unknown): text is string {
  return typeof text === 'string' && /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/.test(text);
}

function guessType(address: string): string | undefined {
  const ending = /\.(\w{1,5})$/.exec(address.split(/[?#]/, 1)[0] ?? '')?.[1]?.toLowerCase();
  return ending !== undefined && Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined;
}

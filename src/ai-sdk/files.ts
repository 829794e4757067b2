import type { ContentPart } from '../chat/request.ts';
import { unsupported } from './errors.ts';
import { isLoose, isText } from './json.ts';
import { readMarker, readOwn } from './metadata.ts';
import type { LanguageModelV3FilePart, SharedV3ProviderOptions } from './spec.ts';

/** A file of any part of a prompt, read. */
export interface FileToSend {
  /** `image/png`; `image/*` and `image` where nobody knows more. */
  readonly mediaType: string;
  readonly filename?: string | undefined;
  readonly providerOptions?: SharedV3ProviderOptions | undefined;
  /** Base64, an address, or an id at the provider. */
  readonly source: { readonly data: string } | { readonly url: string } | { readonly id: string };
}

/** A file that a user sends, in our parts. What the types do not say yet (AI SDK 7: texts and references) comes as well. */
export function toFilePart(part: LanguageModelV3FilePart): ContentPart {
  const { mediaType, filename, providerOptions } = part;
  const data: unknown = part.data;
  if (isLoose(data) && data['type'] === 'text' && typeof data['text'] === 'string') {
    return { type: 'text', text: data['text'], ...readMarker(providerOptions) };
  }
  return { ...toPart({ mediaType, filename, providerOptions, source: readSource(data) }), ...readMarker(providerOptions) };
}

function readSource(data: unknown): FileToSend['source'] {
  if (data instanceof URL) return { url: data.href };
  if (data instanceof Uint8Array) return { data: toBase64(data) };
  if (typeof data === 'string') return ADDRESS.test(data) ? { url: data } : { data };
  const id = isLoose(data) && data['type'] === 'reference' ? readId(data['reference']) : undefined;
  if (id !== undefined) return { id };
  throw unsupported('file data of an unknown kind');
}

/** Not base64, which has no colon. */
const ADDRESS = /^[a-z][a-z0-9+.-]*:/i;

export function toBase64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

/** An id, or ids by provider: the only one, or the one that is ours. */
export function readId(reference: unknown): string | undefined {
  if (isText(reference)) return reference;
  if (!isLoose(reference)) return undefined;
  const ids = Object.values(reference).filter(isText);
  const own = reference['keywheel'];
  return isText(own) ? own : ids.length === 1 ? ids[0] : undefined;
}

/** An image, a sound or a document. keywheel downloads nothing: addresses go to the provider as they are. */
export function toPart(file: FileToSend): ContentPart {
  const { source, filename } = file;
  const name = filename === undefined ? {} : { filename };
  if ('id' in source) return { type: 'file', file: { file_id: source.id, ...name } };
  const [kind = '', subtype = ''] = file.mediaType.toLowerCase().split('/');
  const isData = 'data' in source;
  const mediaType =
    isData && (subtype === '' || subtype === '*') ? (guessType(source.data) ?? `${kind}/${USUAL[kind] ?? '*'}`) : file.mediaType;
  const url = isData ? `data:${mediaType};base64,${source.data}` : source.url;
  if (kind === 'image') return { type: 'image_url', image_url: { url, ...readDetail(file.providerOptions) } };
  if (kind === 'audio' && isData) return { type: 'input_audio', input_audio: { data: source.data, format: toFormat(mediaType) } };
  // An address tells no type by itself; who asks for one finds it here.
  const format = isData || !mediaType.includes('/') || mediaType.endsWith('*') ? {} : { format: mediaType };
  return { type: 'file', file: { file_data: url, ...name, ...format } };
}

/** How closely an image is looked at, in our words or in those of OpenAI's provider. */
function readDetail(options: SharedV3ProviderOptions | undefined): { readonly detail?: 'auto' | 'low' | 'high' } {
  const openai: unknown = options?.['openai'];
  const detail = readOwn(options)['detail'] ?? (isLoose(openai) ? openai['imageDetail'] : undefined);
  return detail === 'auto' || detail === 'low' || detail === 'high' ? { detail } : {};
}

/** What data is taken for where neither its caller nor its first bytes tell. */
const USUAL: Readonly<Record<string, string>> = { image: 'jpeg', audio: 'wav' };

/** First bytes, in base64. */
const SIGNATURES: readonly (readonly [start: string, mediaType: string])[] = [
  ['iVBORw', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['Qk', 'image/bmp'],
  ['JVBERi', 'application/pdf'],
  ['SUQz', 'audio/mpeg'],
  ['//s', 'audio/mpeg'],
  ['T2dnUw', 'audio/ogg'],
  ['ZkxhQw', 'audio/flac'],
];

function guessType(data: string): string | undefined {
  // RIFF holds sounds and images: its kind stands behind its length.
  if (data.startsWith('UklGR'))
    return Buffer.from(data.slice(0, 16), 'base64').toString('latin1').endsWith('WEBP') ? 'image/webp' : 'audio/wav';
  return SIGNATURES.find(([start]) => data.startsWith(start))?.[1];
}

const FORMATS: Readonly<Record<string, string>> = {
  mpeg: 'mp3',
  'x-wav': 'wav',
  wave: 'wav',
  'vnd.wave': 'wav',
  'x-m4a': 'm4a',
  'x-flac': 'flac',
};

/** OpenAI's word for a kind of sound. */
function toFormat(mediaType: string): string {
  const subtype = mediaType.toLowerCase().split(/[/;]/)[1] ?? '';
  return Object.hasOwn(FORMATS, subtype) ? (FORMATS[subtype] ?? subtype) : subtype;
}

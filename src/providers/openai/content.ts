import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { Dialect } from './dialect.ts';

interface Place {
  readonly dialect: Dialect;
  readonly unsupported: Unsupported;
  readonly at: string;
}

/** The parts of a message; one text where there is only text and the server knows no other. */
export function encodeContent(parts: readonly unknown[], place: Place): string | readonly unknown[] {
  const encoded = parts.flatMap((part, index) => {
    if (!isLoose(part)) return [part];
    const own = encodePart(part, { ...place, at: `${place.at}[${index}]` });
    return own === undefined ? [] : [own];
  });
  const texts = encoded.map((part) => (isLoose(part) && part['type'] === 'text' ? part['text'] : undefined));
  return place.dialect.joinsText && texts.every((text) => typeof text === 'string') ? texts.join('') : encoded;
}

function encodePart(part: Loose, { dialect, unsupported, at }: Place): Loose | undefined {
  const type = part['type'];
  const why = typeof type === 'string' ? whyNot(type, part, dialect) : undefined;
  if (why !== undefined) {
    unsupported.refuse(String(type), part[String(type)], at, why);
    return undefined;
  }
  if (type === 'refusal' && typeof part['refusal'] === 'string' && !knowsRefusals(dialect)) return { type: 'text', text: part['refusal'] };
  const { cache_control: marker, extra_content: _extra, ...rest } = part;
  const plain = dialect.markers && marker !== undefined ? { ...rest, cache_control: marker } : rest;
  return dialect.part?.(plain) ?? plain;
}

/** Elsewhere what the model said is a text. */
function knowsRefusals({ echoes }: Dialect): boolean {
  return echoes === 'any' || echoes.includes('refusal');
}

function whyNot(type: string, part: Loose, { capabilities: { images, files, audio } }: Dialect): string | undefined {
  if (type === 'image_url') {
    if (images === false) return 'is an image, which it does not take';
    return images === 'data' && isRemote(part['image_url']) ? 'must be data, as it downloads nothing' : undefined;
  }
  if (type === 'file' && !files) return 'is a file, which it does not take';
  return type === 'input_audio' && !audio ? 'is audio, which it does not take' : undefined;
}

function isRemote(image: unknown): boolean {
  const url = isLoose(image) ? image['url'] : image;
  return typeof url === 'string' && /^https?:/i.test(url);
}

import type { ContentPart, ToolMessage } from '../chat/request.ts';
import { unsupported } from './errors.ts';
import { readId, toPart } from './files.ts';
import { isLoose } from './json.ts';
import { readMarker } from './metadata.ts';
import type { LanguageModelV3ToolResultOutput, LanguageModelV3ToolResultPart } from './spec.ts';

/** What a tool returned, as a message of its own. */
export function toToolMessage({ toolCallId, output, providerOptions }: LanguageModelV3ToolResultPart): ToolMessage {
  const failed = output.type === 'error-text' || output.type === 'error-json';
  return {
    role: 'tool',
    tool_call_id: toolCallId,
    content: toContent(output),
    ...(failed ? { is_error: true } : {}),
    ...readMarker(providerOptions),
  };
}

function toContent(output: LanguageModelV3ToolResultOutput): ToolMessage['content'] {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value;
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value);
    case 'execution-denied':
      return output.reason ?? 'Tool execution denied.';
    case 'content':
      return joinTexts(output.value.map(toResultPart));
    default:
      throw unsupported('a tool result of an unknown kind');
  }
}

/** Texts alone are one text, which every provider takes. */
function joinTexts(parts: readonly ContentPart[]): ToolMessage['content'] {
  const texts = parts.map((part) => (part.type === 'text' && Object.keys(part).length === 2 ? part.text : undefined));
  return texts.every((text) => text !== undefined) ? texts.join('\n') : parts;
}

type ResultPart = Extract<LanguageModelV3ToolResultOutput, { type: 'content' }>['value'][number];

function toResultPart(part: ResultPart): ContentPart {
  const marker = readMarker(part.providerOptions);
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, ...marker };
    case 'image-data':
    case 'file-data':
      return { ...toPart({ ...part, source: { data: part.data } }), ...marker };
    case 'image-url':
      return { ...toPart({ ...part, mediaType: 'image/*', source: { url: part.url } }), ...marker };
    case 'file-url':
      return { ...toPart({ ...part, mediaType: part.mediaType ?? '', source: { url: part.url } }), ...marker };
    case 'file-id':
    case 'image-file-id':
      return { ...toPart({ mediaType: '', source: { id: toId(part.fileId) } }), ...marker };
    default:
      return toOther(part);
  }
}

function toId(reference: string | Readonly<Record<string, string>>): string {
  const id = readId(reference);
  if (id === undefined) throw unsupported('a file id of several providers in a tool result');
  return id;
}

/** AI SDK 7 leaves its texts in files as they are. */
function toOther(part: unknown): ContentPart {
  const data = isLoose(part) && part['type'] === 'file' ? part['data'] : undefined;
  if (isLoose(data) && typeof data['text'] === 'string') return { type: 'text', text: data['text'] };
  throw unsupported('custom content in a tool result');
}

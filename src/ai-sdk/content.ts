import type { ChatReply, ReplyMessage } from '../chat/reply.ts';
import type { ToolCall } from '../chat/request.ts';
import { isLoose, isText, type Loose, toJson } from './json.ts';
import { toCallMetadata, toCarried, withMetadata } from './metadata.ts';
import type { JSONObject, LanguageModelV3Content, LanguageModelV3File, LanguageModelV3Source, LanguageModelV3ToolCall } from './spec.ts';

/**
 * A whole reply in parts: reasoning, text, files, sources, calls. The last of them that comes back with the next request carries what
 * the message has beside its parts.
 */
export function toContent(reply: ChatReply): LanguageModelV3Content[] {
  const message = reply.choices[0]?.message;
  if (message === undefined) return [];
  const said: LanguageModelV3Content[] = [...toReasoning(message), ...toText(message), ...toFiles(message)];
  const calls = toCalls(message);
  const last = said.at(-1);
  const carried = calls.length > 0 ? undefined : toCarried(message);
  const parts = last === undefined || carried === undefined ? said : [...said.slice(0, -1), carry(last, carried)];
  return [...parts, ...toSources(message, reply.id), ...calls];
}

/** The same part with more of ours to bring back. */
function carry(part: LanguageModelV3Content, carried: JSONObject): LanguageModelV3Content {
  return { ...part, ...withMetadata({ ...part.providerMetadata?.['keywheel'], ...carried }) };
}

function toReasoning(message: ReplyMessage): LanguageModelV3Content[] {
  const text = readReasoning(message);
  return text === '' && !hasDetails(message) ? [] : [{ type: 'reasoning', text, ...withMetadata(toReasoningMetadata(message)) }];
}

/** True where the provider wants some of its reasoning back, readable or not. */
export function hasDetails({ reasoning_details: details }: ReplyMessage): boolean {
  return Array.isArray(details) && details.length > 0;
}

/** The reasoning of a message or of a delta, where it is told at all. */
export function readReasoning({ reasoning_content: text, reasoning_details: details }: Loose): string {
  if (isText(text)) return text;
  if (!Array.isArray(details)) return '';
  return (details as unknown[])
    .filter(isLoose)
    .map((detail) => detail['text'] ?? detail['summary'])
    .filter(isText)
    .join('');
}

/** Some servers call it otherwise, and want it back so. */
export function toReasoningMetadata({ reasoning }: Loose): JSONObject | undefined {
  return isText(reasoning) ? { field: 'reasoning' } : undefined;
}

export const REFUSAL: JSONObject = { refusal: true };

/** A refusal is what the model said; its mark brings it back as one. */
function toText({ content, refusal }: ReplyMessage): LanguageModelV3Content[] {
  const refused = isText(refusal) ? [{ type: 'text' as const, text: refusal, ...withMetadata(REFUSAL) }] : [];
  return isText(content) ? [{ type: 'text', text: content }, ...refused] : refused;
}

/** What the model drew or spoke. */
export function toFiles({ images, audio }: ReplyMessage): LanguageModelV3File[] {
  const drawn = (Array.isArray(images) ? (images as unknown[]) : []).flatMap(toImage);
  if (!isLoose(audio) || !isText(audio['data'])) return drawn;
  const { data, id, format } = audio;
  const mediaType = `audio/${isText(format) ? format : 'wav'}`;
  return [...drawn, { type: 'file', mediaType, data, ...withMetadata(isText(id) ? { audio: id } : undefined) }];
}

/** Addresses are left in the reply: a file is data here. */
function toImage(image: unknown): LanguageModelV3File[] {
  const url = isLoose(image) && isLoose(image['image_url']) ? image['image_url']['url'] : undefined;
  const [, mediaType, data] = typeof url === 'string' ? (/^data:([^;,]+)[^,]*;base64,(.+)$/s.exec(url) ?? []) : [];
  if (mediaType === undefined || data === undefined) return [];
  const extra = isLoose(image) && isLoose(image['extra_content']) ? { extra_content: toJson(image['extra_content']) } : undefined;
  return [{ type: 'file', mediaType, data, ...withMetadata(extra) }];
}

/** What the model cites, numbered within its reply. */
export function toSources({ annotations }: ReplyMessage, replyId: string): LanguageModelV3Source[] {
  const cited = Array.isArray(annotations) ? (annotations as unknown[]).filter(isLoose) : [];
  return cited.flatMap((annotation, index) => {
    const id = `${replyId === '' ? 'reply' : replyId}-source-${index}`;
    const { url_citation: page, document_citation: document } = annotation;
    if (isLoose(page) && isText(page['url'])) return [toPage(id, page['url'], page)];
    return isLoose(document) ? [toDocument(id, document)] : [];
  });
}

function toPage(id: string, url: string, page: Loose): LanguageModelV3Source {
  const { title, url: _, ...place } = page;
  return {
    type: 'source',
    sourceType: 'url',
    id,
    url,
    ...(isText(title) ? { title } : {}),
    ...withMetadata(Object.keys(place).length === 0 ? undefined : toJson(place)),
  };
}

function toDocument(id: string, document: Loose): LanguageModelV3Source {
  const title = [document['document_title'], document['title'], document['source']].find(isText) ?? 'Document';
  return { type: 'source', sourceType: 'document', id, mediaType: 'text/plain', title, ...withMetadata(toJson(document)) };
}

/** The calls of tools; the last one carries the message's own. Of other types than functions nobody here could run. */
export function toCalls(message: ReplyMessage): LanguageModelV3ToolCall[] {
  const calls = (message.tool_calls ?? []).filter(isFunction);
  return calls.map((call, index) => ({
    type: 'tool-call',
    toolCallId: call.id,
    toolName: call.function.name,
    input: call.function.arguments === '' ? '{}' : call.function.arguments,
    ...withMetadata(toCallMetadata(call, index === calls.length - 1 ? toCarried(message) : undefined)),
  }));
}

function isFunction(call: ToolCall): boolean {
  return isLoose(call.function) && isText(call.function.name);
}

import type { AssistantMessage, ChatMessage, ContentPart, SystemMessage, ToolCall, UserMessage } from '../chat/request.ts';
import { toBase64, toFilePart } from './files.ts';
import { isLoose, isText, type Loose } from './json.ts';
import { readCarried, readMarker, readOwn } from './metadata.ts';
import { toToolMessage } from './results.ts';
import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3ReasoningPart,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
  SharedV3ProviderOptions,
  SharedV3Warning,
} from './spec.ts';

type Warn = (warning: SharedV3Warning) => void;

/** A conversation in our words. Throws what `UnsupportedFunctionalityError.isInstance` knows for content that would be missing. */
export function toMessages(prompt: LanguageModelV3Prompt, warn: Warn): ChatMessage[] {
  return prompt.flatMap((message): ChatMessage[] => {
    switch (message.role) {
      case 'system':
        return [toSystem(message)];
      case 'user':
        return [toUser(message)];
      case 'assistant':
        return toAssistant(message, warn);
      case 'tool':
        return toResults(message);
    }
  });
}

type Of<Role extends LanguageModelV3Message['role']> = Extract<LanguageModelV3Message, { role: Role }>;

function toSystem({ content, providerOptions }: Of<'system'>): SystemMessage {
  return { role: 'system', content: toPlain([{ type: 'text', text: content, ...readMarker(providerOptions) }]) };
}

function toUser({ content, providerOptions }: Of<'user'>): UserMessage {
  const parts = content.map((part): ContentPart => (part.type === 'text' ? toTextPart(part) : toFilePart(part)));
  return { role: 'user', content: toPlain(markLast(parts, providerOptions)) };
}

function toTextPart({ text, providerOptions }: LanguageModelV3TextPart): ContentPart {
  return { type: 'text', text, ...readMarker(providerOptions) };
}

/** A mark on the message is one on its last part. */
function markLast(parts: readonly ContentPart[], options: SharedV3ProviderOptions | undefined): readonly ContentPart[] {
  const marker = readMarker(options);
  return parts.map((part, index) => (index === parts.length - 1 ? { ...marker, ...part } : part));
}

/** One text without more is a text: what every provider takes. */
function toPlain(parts: readonly ContentPart[]): string | readonly ContentPart[] {
  const [only] = parts;
  if (only === undefined) return '';
  return parts.length === 1 && only.type === 'text' && Object.keys(only).length === 2 ? only.text : parts;
}

/** A message for each result. Approvals are between the AI SDK and its user. */
function toResults({ content, providerOptions }: Of<'tool'>): ChatMessage[] {
  const marker = readMarker(providerOptions);
  const results = content.filter((part) => part.type === 'tool-result').map(toToolMessage);
  return results.map((result, index) => (index === results.length - 1 ? { ...marker, ...result } : result));
}

/** The parts of an answer, by kind. */
interface Said {
  readonly texts: LanguageModelV3TextPart[];
  readonly refusals: LanguageModelV3TextPart[];
  readonly reasoning: LanguageModelV3ReasoningPart[];
  readonly calls: LanguageModelV3ToolCallPart[];
  readonly files: LanguageModelV3FilePart[];
}

/** What the model said before, with what its provider wants back. None where nothing is left of it. */
function toAssistant({ content, providerOptions }: Of<'assistant'>, warn: Warn): AssistantMessage[] {
  const said = sort(content, warn);
  const { texts, refusals, reasoning, calls, files } = said;
  if ([texts, refusals, reasoning, calls, files].every((kind) => kind.length === 0)) return [];
  const carried = content.map((part) => readCarried(part.providerOptions, reasoning.length > 0));
  return [
    {
      ...Object.fromEntries(carried.flatMap((fields) => Object.entries(fields))),
      role: 'assistant',
      content: toSaid(markLast(texts.map(toTextPart), calls.length === 0 ? providerOptions : undefined)),
      ...(refusals.length === 0 ? {} : { refusal: refusals.map(({ text }) => text).join('') }),
      ...toReasoning(reasoning),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(toCall) }),
      ...toMedia(files),
    },
  ];
}

function sort(content: Of<'assistant'>['content'], warn: Warn): Said {
  const said: Said = { texts: [], refusals: [], reasoning: [], calls: [], files: [] };
  for (const part of content) {
    if (part.type === 'text') (readOwn(part.providerOptions)['refusal'] === true ? said.refusals : said.texts).push(part);
    else if (part.type === 'reasoning') said.reasoning.push(part);
    else if (part.type === 'file') said.files.push(part);
    else if (part.type === 'tool-call' && part.providerExecuted !== true) said.calls.push(part);
    else if (part.type === 'tool-call' || part.type === 'tool-result')
      warn({ type: 'other', message: `The call of '${part.toolName}', which another provider executed, was left out of the conversation` });
    else
      warn({ type: 'other', message: `A part of an earlier answer was left out of the conversation: ${String((part as Loose)['type'])}` });
  }
  return said;
}

/** Texts that came in pieces are one, as they were in the reply. */
function toSaid(parts: readonly ContentPart[]): string | readonly ContentPart[] | null {
  if (parts.length === 0) return null;
  const texts = parts.map((part) => (part.type === 'text' && Object.keys(part).length === 2 ? part.text : undefined));
  return texts.every((text) => text !== undefined) ? texts.join('') : parts;
}

/** As text, for providers that take it so; what others want of it is carried beside. */
function toReasoning(parts: readonly LanguageModelV3ReasoningPart[]): Loose {
  const text = parts.map((part) => part.text).join('');
  if (text === '') return {};
  const isNamedOtherwise = parts.some((part) => readOwn(part.providerOptions)['field'] === 'reasoning');
  return { reasoning_content: text, ...(isNamedOtherwise ? { reasoning: text } : {}) };
}

function toCall({ toolCallId, toolName, input, providerOptions }: LanguageModelV3ToolCallPart): ToolCall {
  const { extra_content: extra } = readOwn(providerOptions);
  return {
    id: toolCallId,
    type: 'function',
    function: { name: toolName, arguments: JSON.stringify(input ?? {}) },
    // Left there by a reply of ours; the client looks at its shape.
    ...(isLoose(extra) ? { extra_content: extra as NonNullable<ToolCall['extra_content']> } : {}),
    ...readMarker(providerOptions),
  };
}

/** What the model drew and spoke, as replies have it. */
function toMedia(files: readonly LanguageModelV3FilePart[]): Loose {
  const audio = files.map((file) => readOwn(file.providerOptions)['audio']).find((id) => isText(id));
  const images = files.filter((file) => file.mediaType.startsWith('image/')).map(toImage);
  return { ...(images.length === 0 ? {} : { images }), ...(audio === undefined ? {} : { audio: { id: audio } }) };
}

function toImage({ data, mediaType, providerOptions }: LanguageModelV3FilePart): Loose {
  const { extra_content: extra } = readOwn(providerOptions);
  const url = data instanceof URL ? data.href : `data:${mediaType};base64,${typeof data === 'string' ? data : toBase64(data)}`;
  return { type: 'image_url', image_url: { url }, ...(isLoose(extra) ? { extra_content: extra } : {}) };
}

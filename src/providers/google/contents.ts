import type { ChatMessage, ChatRequest, ToolMessage } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import { textOf, toWrong } from '../parts.ts';
import type { Provider } from '../provider.ts';
import { isVertexStable } from './address.ts';
import { toMediaPart, type Place } from './media.ts';
import { toModelParts, type Turn } from './turn.ts';

/** What is asked, of whom. */
export interface Target {
  readonly model: string;
  readonly provider: Provider;
  readonly unsupported: Unsupported;
}

/** Turns of one kind that follow each other become one: Google wants all results of one turn's calls together. */
interface Content {
  readonly kind: 'user' | 'model' | 'tool';
  readonly parts: Loose[];
}

/** The conversation. What the system says goes to a place of its own, wherever it stood. */
export function toContents({ messages }: ChatRequest, target: Target): Record<string, unknown> {
  const system: Loose[] = [];
  const contents: Content[] = [];
  const names = new Map<string, string>();
  const add = (kind: Content['kind'], parts: readonly Loose[]): void => {
    const last = contents.at(-1);
    if (last?.kind === kind) last.parts.push(...parts);
    else if (parts.length > 0) contents.push({ kind, parts: [...parts] });
  };
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    refuseName({ ...message }, at, target);
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(...toParts(message.content, at, target));
        break;
      case 'assistant':
        add('model', toModelParts(message, toTurn(message, at, names, target)));
        break;
      case 'tool':
        add('tool', toResult(message, at, names, target));
        break;
      default:
        add(...toOther(message, at, target));
    }
  }
  // Google wants somebody to answer to.
  if (contents.length === 0 && system.length > 0) return { contents: [{ role: 'user', parts: system }] };
  if (contents.length === 0) throw toWrong('messages', 'must say something', messages);
  return {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    contents: contents.map(({ kind, parts }) => ({ role: kind === 'model' ? 'model' : 'user', parts })),
  };
}

/** Nobody has a name there but functions. */
function refuseName({ role, name }: Loose, at: string, { unsupported }: Target): void {
  if (role !== 'tool' && role !== 'function' && typeof name === 'string') unsupported.refuse('name', name, `${at}.name`);
}

/** A user's message, or the result of a `function` as OpenAI had it before tools. */
function toOther(message: ChatMessage, at: string, target: Target): [Content['kind'], readonly Loose[]] {
  const { role, name, content }: Loose = { ...message };
  if (role === 'function' && typeof name === 'string') {
    return ['tool', [{ functionResponse: { name, response: toResponse(typeof content === 'string' ? content : '') } }]];
  }
  const parts = toParts(message.content, at, target);
  return ['user', parts.length === 0 ? [{ text: '' }] : parts];
}

/** Empty texts say nothing, and Vertex refuses them. */
function toParts(content: ChatMessage['content'], at: string, { provider: { baseURL }, unsupported }: Target): readonly Loose[] {
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }];
  return (content ?? []).flatMap((part, position) => toPart({ ...part }, { at: `${at}.content[${position}]`, baseURL, unsupported }));
}

function toPart(part: Loose, place: Place): readonly Loose[] {
  const { type, text, refusal } = part;
  const said = type === 'refusal' ? refusal : type === 'text' ? text : undefined;
  if (typeof said === 'string') return said === '' ? [] : [{ text: said }];
  const media = toMediaPart(part, place);
  return media === undefined ? [] : [media];
}

function toTurn(message: Loose, at: string, names: Map<string, string>, target: Target): Turn {
  const { model, provider } = target;
  const content = message['content'] as ChatMessage['content'];
  return {
    at,
    model,
    withIds: !isVertexStable(provider),
    parts: Array.isArray(content) ? toParts(content, at, target) : undefined,
    name: (id, name) => void names.set(id, name),
  };
}

/** The call is named by its function there; the id is looked up in what the model said before. */
function toResult(message: ToolMessage, at: string, names: ReadonlyMap<string, string>, target: Target): readonly Loose[] {
  const { tool_call_id: id, content, is_error: failed } = message;
  const given = (message as unknown as Loose)['name'];
  const name = names.get(id) ?? (typeof given === 'string' ? given : undefined);
  if (name === undefined) throw toWrong(`${at}.tool_call_id`, 'must name a tool call of an assistant message before it', id);
  // What is not text goes beside the response, in parts of its own.
  const media = typeof content === 'string' ? [] : toParts(content, at, target).filter((part) => part['text'] === undefined);
  const response = {
    ...(isVertexStable(target.provider) ? {} : { id }),
    name,
    response: failed === true ? toFailed(textOf(content)) : toResponse(textOf(content)),
    ...(media.length === 0 ? {} : { parts: media }),
  };
  return [{ functionResponse: response }];
}

/** Google wants an object: a result that is one goes as it is, any other as `result`. */
function toResponse(text: string): Loose {
  try {
    const parsed: unknown = JSON.parse(text);
    return isLoose(parsed) ? parsed : { result: parsed };
  } catch {
    return { result: text };
  }
}

/** Google's own key for what went wrong. */
function toFailed(text: string): Loose {
  const response = toResponse(text);
  if (response['error'] !== undefined) return response;
  return { error: Object.keys(response).join() === 'result' ? response['result'] : response };
}

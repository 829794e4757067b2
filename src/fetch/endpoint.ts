import type { Endpoint } from '../chat/fetched.ts';
import { isVersion } from './version.ts';

/** What a request says of itself. */
export interface Spoken {
  /** Upper-case. */
  readonly method: string;
  /** The path behind the provider's base URL, as it is written. */
  readonly rest: readonly string[];
  /** With its `?`. */
  readonly search: string;
  /** The body, where it is JSON. */
  readonly json: unknown;
  /** The fields of a form that tell what JSON would. */
  readonly form?: { readonly model: string; readonly stream: boolean } | undefined;
}

/** What a request is for, and the model that it names; `''` where it names none. */
export interface Purpose {
  readonly endpoint: Endpoint;
  readonly model: string;
}

/** What a path means. A model or stream that the path names is the one, whatever the body says. */
interface Reading extends Pick<Endpoint, 'kind' | 'protocol'> {
  readonly model?: string | undefined;
  readonly stream?: boolean | undefined;
}

const OTHER: Reading = { kind: 'other', protocol: undefined };

/** Reads the purpose of a request. What is not known to be a chat or an embedding is neither: it may change something at the provider. */
export function readPurpose(spoken: Spoken): Purpose {
  const { method, rest, search, form } = spoken;
  const body = toFields(spoken.json);
  const { kind, protocol, model, stream } = method === 'POST' ? readPath(rest.map(decode), body) : OTHER;
  const asked = body['stream'] === true || form?.stream === true || /[?&]stream=true(&|$)/.test(search);
  const said = typeof body['model'] === 'string' ? body['model'] : form?.model;
  return { endpoint: { kind, protocol, stream: stream ?? asked }, model: model ?? said ?? '' };
}

/** Whose words a path is for, be they such that nobody here reads them; `undefined` where several protocols have it. */
export function readWords(method: string, rest: readonly string[]): Endpoint['protocol'] {
  if (method !== 'POST') return undefined;
  const path = rest.map(decode);
  const { protocol, model } = readPath(path, {});
  if (protocol !== undefined) return protocol;
  // What Google's services do with a model is behind a colon, and what Bedrock does is behind the model.
  if (model !== undefined) return path.at(-3) === 'model' ? 'bedrock' : 'google';
  return path.at(-1) === 'responses' && isFirst(path.at(-2)) ? 'openai' : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function readPath(path: readonly string[], body: Fields): Reading {
  const [last = '', second = '', third = ''] = path.toReversed();
  switch (last) {
    case 'completions':
      if (second === 'chat') return { kind: 'chat', protocol: 'openai', ...nameOf(path) };
      // The older one, of texts: it stores nothing either, but nobody here reads its words.
      return isFirst(second) ? { kind: 'chat', protocol: undefined, ...nameOf(path) } : OTHER;
    case 'embeddings':
      return { kind: 'embed', protocol: 'openai', ...nameOf(path) };
    case 'responses':
      return isFirst(second) ? { kind: isInert(body) ? 'chat' : 'other', protocol: undefined } : OTHER;
    case 'messages':
      // Not those of OpenAI's threads.
      return isFirst(second) ? { kind: 'chat', protocol: 'anthropic' } : OTHER;
    case 'chat':
      return second === 'v2' ? { kind: 'chat', protocol: 'cohere' } : OTHER;
    case 'embed':
      return second === 'v2' ? { kind: 'embed', protocol: 'cohere' } : OTHER;
    default:
      return third === 'model' ? readBedrock(last, second, body) : readGoogle(last, path);
  }
}

/** Directly below the base URL or a version. */
function isFirst(before = ''): boolean {
  return before === '' || before === 'openai' || isVersion(before);
}

/**
 * A response is kept by OpenAI unless the body says `store: false`, may go on in the background or belong to a conversation, and its tools may
 * act on others' servers: only one that does nothing of that can be asked for twice, or be answered from a cache, as a chat can.
 */
function isInert({ store, background, conversation, tools }: Fields): boolean {
  if (store !== false || background === true || conversation != null) return false;
  if (tools == null) return true;
  return Array.isArray(tools) && tools.every((tool) => ['function', 'custom'].includes(String(toFields(tool)['type'])));
}

/** `invoke` takes the words of each model: only its chats and embeddings are told by them, and nobody here reads them. */
function readBedrock(action: string, model: string, body: Fields): Reading {
  switch (action) {
    case 'converse':
    case 'converse-stream':
      return { kind: 'chat', protocol: 'bedrock', model, stream: action === 'converse-stream' };
    case 'invoke':
    case 'invoke-with-response-stream': {
      const chat = Array.isArray(body['messages']) ? 'chat' : 'other';
      return { kind: /embed/.test(model) ? 'embed' : chat, protocol: undefined, model, stream: action !== 'invoke' };
    }
    default:
      return { ...OTHER, model };
  }
}

const GOOGLE: Readonly<Record<string, Reading>> = {
  // Not a plain `{}`: `constructor` is no method.
  __proto__: null as never,
  generateContent: { kind: 'chat', protocol: 'google', stream: false },
  streamGenerateContent: { kind: 'chat', protocol: 'google', stream: true },
  embedContent: { kind: 'embed', protocol: 'google' },
  batchEmbedContents: { kind: 'embed', protocol: 'google' },
};

/** `models/gemini-2.5-flash:generateContent`. */
function readGoogle(last: string, path: readonly string[]): Reading {
  const [, method = ''] = /:(\w+)$/.exec(last) ?? [];
  return { ...(GOOGLE[method] ?? OTHER), ...nameOf(path) };
}

/** The model that a path names, as `client.chat` names it: a deployment of Azure, or what Google does something with. */
function nameOf(path: readonly string[]): { readonly model?: string } {
  const at = path.lastIndexOf('deployments');
  const deployment = at < 0 ? '' : (path[at + 1] ?? '');
  if (deployment !== '') return { model: deployment };
  const [, name] = /^(.+):\w+$/.exec(path.at(-1) ?? '') ?? [];
  if (name === undefined) return {};
  if (path.at(-2) === 'models') return { model: name };
  return path.at(-2) === 'tunedModels' ? { model: `tunedModels/${name}` } : {};
}

function toFields(value: unknown): Fields {
  // Any object may be asked for its fields; of an array they are none of these.
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

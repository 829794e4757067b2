import type { ChatRequest, EmbedRequest } from '../../chat/request.ts';
import type { WireRequest } from '../../wire/types.ts';
import { readEffort, type Effort } from '../efforts.ts';
import { mergeOptions, refuseUnknown, refusing, toWireRequest, type Unsupported } from '../encoding.ts';
import { isLoose } from '../loose.ts';
import { checkSchema, toWrong } from '../parts.ts';
import type { EncodeInput, Provider } from '../provider.ts';
import { toMessages } from './messages.ts';
import { toTools } from './tools.ts';

/** OpenAI's names and Cohere's. */
const RENAMED: Readonly<Record<string, string>> = { top_p: 'p', top_k: 'k' };
/** Fields that go as they are: names of both, and Cohere's own. */
const SAME: readonly string[] = [
  'temperature',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'p',
  'k',
  'stop_sequences',
  'documents',
  'citation_options',
  'safety_mode',
  'strict_tools',
  'priority',
];
const KNOWN: ReadonlySet<string> = new Set([
  ...SAME,
  ...Object.keys(RENAMED),
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'thinking',
  'reasoning_effort',
  // A hint where caching must be asked for.
  'cache_control',
]);
const KNOWN_EMBED: ReadonlySet<string> = new Set([
  'input',
  'input_type',
  'dimensions',
  'encoding_format',
  'truncate',
  'max_tokens',
  'priority',
]);
/** `reasoning_effort` in tokens; what is above thinks as long as it likes. */
const BUDGETS: Readonly<Partial<Record<Effort, number>>> = { minimal: 512, low: 2048, medium: 8192 };
/** Texts are embedded for a store more often than for a search; who searches says `search_query`. */
const INPUT_TYPE = 'search_document';
const STREAM = new Set(['stream']);
const NONE = new Set<string>();

/** The exchange for one target. */
export function encode(input: EncodeInput): WireRequest {
  const { asked, stream } = input;
  const provider = atRoot(input.provider);
  switch (asked.operation) {
    case 'chat': {
      const accept = stream ? { accept: 'text/event-stream' } : {};
      return toWireRequest(provider, { path: '/v2/chat', operation: 'chat', body: toChat(asked.request, input), ...accept });
    }
    case 'embed':
      return toWireRequest(provider, { path: '/v2/embed', operation: 'embed', body: toEmbed(asked.request, input) });
    case 'models':
      return toWireRequest(provider, { path: '/v1/models', operation: 'models', body: undefined, query: { page_size: '1000' } });
  }
}

/** Versions stand in the paths, as chat and models have different ones: an address that names one is given without. */
function atRoot(provider: Provider): Provider {
  return { ...provider, baseURL: provider.baseURL.replace(/\/v[12]$/, '') };
}

function toChat(request: ChatRequest, { asked, model, stream, provider }: EncodeInput): Record<string, unknown> {
  const unsupported = refusing(asked, provider);
  refuseUnknown(request, KNOWN, unsupported);
  const maxTokens = request.max_completion_tokens ?? request.max_tokens;
  const body: Record<string, unknown> = {
    model,
    messages: toMessages(request.messages, unsupported),
    ...toTools(request, unsupported),
    ...toFormat(request.response_format),
    ...toThinking(request, unsupported),
    ...(maxTokens == null ? {} : { max_tokens: maxTokens }),
    ...(request.stop == null ? {} : { stop_sequences: Array.isArray(request.stop) ? (request.stop as unknown) : [request.stop] }),
  };
  for (const name of SAME) if (request[name] != null) body[name] = request[name];
  for (const [name, theirs] of Object.entries(RENAMED)) if (request[name] != null) body[theirs] = request[name];
  mergeOptions(body, request, provider, STREAM);
  body['stream'] = stream;
  return body;
}

function toFormat(format: ChatRequest['response_format']): Record<string, unknown> {
  if (format?.type === 'json_object') return { response_format: { type: 'json_object' } };
  if (format?.type !== 'json_schema') return {};
  checkSchema(format);
  const { schema } = format.json_schema;
  return { response_format: { type: 'json_object', ...(schema === undefined ? {} : { json_schema: schema }) } };
}

function toThinking({ thinking, reasoning_effort: asked }: ChatRequest, unsupported: Unsupported): Record<string, unknown> {
  const effort = readEffort(asked, unsupported);
  if (isLoose(thinking)) {
    const { type, budget_tokens: budget, ...more } = thinking;
    const isOff = type === 'disabled';
    return {
      thinking: { ...more, type: isOff ? 'disabled' : 'enabled', ...(budget === undefined || isOff ? {} : { token_budget: budget }) },
    };
  }
  if (effort === undefined) return {};
  if (effort === 'none') return { thinking: { type: 'disabled' } };
  const budget = BUDGETS[effort];
  return { thinking: { type: 'enabled', ...(budget === undefined ? {} : { token_budget: budget }) } };
}

function toEmbed(request: EmbedRequest, { asked, model, provider }: EncodeInput): Record<string, unknown> {
  const unsupported = refusing(asked, provider);
  refuseUnknown(request, KNOWN_EMBED, unsupported);
  const { input, input_type: type, dimensions, encoding_format: format } = request;
  const texts = typeof input === 'string' ? [input] : input;
  // Nothing can be left out of an input: its places are the places of the answer.
  const wrong = (texts as readonly unknown[]).findIndex((text) => typeof text !== 'string');
  if (wrong >= 0)
    throw toWrong(`input[${wrong}]`, 'must be a text there, as Cohere takes no tokens', texts[wrong], 'the embeddings request');
  const body: Record<string, unknown> = {
    model,
    texts,
    input_type: type ?? INPUT_TYPE,
    embedding_types: [format === 'base64' ? 'base64' : 'float'],
    ...(dimensions == null ? {} : { output_dimension: dimensions }),
  };
  for (const name of ['truncate', 'max_tokens', 'priority']) if (request[name] != null) body[name] = request[name];
  mergeOptions(body, request, provider, NONE);
  return body;
}

import type { Asked } from '../../chat/asked.ts';
import type { ChatRequest } from '../../chat/request.ts';
import { refuseUnknown, refusing, type Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { Provider } from '../provider.ts';
import { isVertex } from './address.ts';
import { toContents } from './contents.ts';
import { toGenerationConfig } from './generation.ts';
import { addOptions } from './options.ts';
import { toToolConfig, toTools } from './tools.ts';

/** Fields of a request that have a place here; the others are refused. */
const KNOWN: ReadonlySet<string> = new Set([
  'messages',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'n',
  'stop',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'logprobs',
  'top_logprobs',
  'reasoning_effort',
  'thinking',
  'modalities',
  'metadata',
  // Google caches by itself.
  'cache_control',
]);

/** The body of `generateContent`. */
export function toChatBody(asked: Asked & { readonly operation: 'chat' }, model: string, provider: Provider): Record<string, unknown> {
  const { request } = asked;
  const unsupported = refusing(asked, provider);
  refuseUnknown(request, KNOWN, unsupported);
  if (request.parallel_tool_calls === false) unsupported.refuse('parallel_tool_calls', false);
  const tools = toTools(request, unsupported);
  const body: Record<string, unknown> = {
    ...toContents(request, { model, provider, unsupported }),
    ...(tools === undefined ? {} : { tools }),
    ...optional('toolConfig', toToolConfig(request, unsupported)),
    ...optional('generationConfig', toGenerationConfig(request, model, unsupported)),
    ...optional('labels', toLabels(request, provider, unsupported)),
  };
  addOptions(body, request, provider, { joined: ['generationConfig', 'toolConfig'] });
  return body;
}

function optional(name: string, fields: Loose): Record<string, unknown> {
  return Object.keys(fields).length === 0 ? {} : { [name]: fields };
}

/** Only Vertex has a place for what the caller notes about a request. */
function toLabels({ metadata }: ChatRequest, provider: Provider, unsupported: Unsupported): Loose {
  if (metadata === null || metadata === undefined) return {};
  if (isVertex(provider) && isLoose(metadata)) return metadata;
  unsupported.refuse('metadata', metadata);
  return {};
}

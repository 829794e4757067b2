import type { ChatRequest } from '../../chat/request.ts';
import { RequestError } from '../../errors.ts';
import type { WireRequest } from '../../wire/types.ts';
import { mergeOptions, refuseUnknown, refusing, toWireRequest, type Unsupported } from '../encoding.ts';
import { isLoose } from '../loose.ts';
import { checkSchema } from '../parts.ts';
import type { EncodeInput, Provider } from '../provider.ts';
import { toFormat, toInstruction } from './format.ts';
import { toConversation } from './messages.ts';
import { lacksThinking } from './reasoning.ts';
import { toSampling } from './sampling.ts';
import { isThinking, toThinking } from './thinking.ts';
import { isForced, toTools } from './tools.ts';

/** The version of the API whose shapes are spoken here; a provider's `apiVersion` replaces it. */
const VERSION = '2023-06-01';
/** As many as the API lists at once. */
const MODELS_PER_PAGE = '1000';

/** Fields that go as they are: the API's own names. */
const SAME: readonly string[] = [
  'cache_control',
  'service_tier',
  'stop_sequences',
  'output_config',
  'context_management',
  'container',
  'mcp_servers',
  'inference_geo',
  'speed',
];
const KNOWN: ReadonlySet<string> = new Set([
  ...SAME,
  'temperature',
  'top_p',
  'top_k',
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'stop',
  'thinking',
  'reasoning_effort',
  'user',
  'metadata',
]);
/** Of `providerOptions`: what cannot be changed (see `openai/encode.ts`), and `betas`, which are a header. */
const NO_OPTIONS = new Set(['stream', 'betas']);

/** The exchange for one target. */
export function encode(input: EncodeInput): WireRequest {
  const { asked, provider } = input;
  const own = { 'anthropic-version': provider.apiVersion ?? VERSION };
  switch (asked.operation) {
    case 'chat': {
      const { request } = asked;
      const accept = input.stream ? { accept: 'text/event-stream' } : {};
      return toWireRequest(withBetas(provider, request), {
        path: '/messages',
        operation: 'chat',
        body: toBody(request, input),
        own,
        ...accept,
      });
    }
    case 'embed':
      throw new RequestError(`Cannot send the embeddings request to '${provider.name}' as it has no embeddings`, { class: 'bad_request' });
    case 'models':
      return toWireRequest(provider, { path: '/models', operation: 'models', body: undefined, own, query: { limit: MODELS_PER_PAGE } });
  }
}

function toBody(request: ChatRequest, { asked, model, stream, provider }: EncodeInput): Record<string, unknown> {
  const unsupported = refusing(asked, provider);
  refuseUnknown(request, KNOWN, unsupported);
  checkSchema(request.response_format);
  const format = toFormat(request, model);
  const { system, messages } = toConversation(request.messages, unsupported);
  const tools = toTools(request, model, format, unsupported);
  const around = { isForced: isForced(tools), lacksThinking: lacksThinking(messages), isInterleaved: isInterleaved(provider, request) };
  const { maxTokens, thinking, effort } = toThinking(request, model, around, unsupported);
  const instruction = toInstruction(format);
  const told = instruction === undefined ? system : [...system, { type: 'text', text: instruction }];
  const metadata = toMetadata(request, unsupported);
  const output = toOutput(request, effort, format.kind === 'native' ? format.schema : undefined);
  const body: Record<string, unknown> = {
    model,
    max_tokens: maxTokens,
    ...(told.length === 0 ? {} : { system: told }),
    messages,
    ...(tools.tools === undefined ? {} : { tools: tools.tools }),
    ...(tools.choice === undefined ? {} : { tool_choice: tools.choice }),
    ...(thinking === undefined ? {} : { thinking }),
    ...toStop(request.stop, unsupported),
    ...(metadata === undefined ? {} : { metadata }),
  };
  for (const name of SAME) if (request[name] != null) body[name] = request[name];
  if (output !== undefined) body['output_config'] = output;
  Object.assign(body, toSampling(request, model, isThinking(thinking), unsupported));
  mergeOptions(body, request, provider, NO_OPTIONS);
  if (stream) body['stream'] = true;
  return body;
}

/** A format and an effort stand in one object, beside what the caller put there. */
function toOutput(request: ChatRequest, effort: string | undefined, schema: unknown): Record<string, unknown> | undefined {
  const given = isLoose(request['output_config']) ? request['output_config'] : undefined;
  if (given === undefined && effort === undefined && schema === undefined) return undefined;
  return {
    ...(effort === undefined ? {} : { effort }),
    ...(schema === undefined ? {} : { format: { type: 'json_schema', schema } }),
    ...given,
  };
}

function toStop(stop: unknown, unsupported: Unsupported): { readonly stop_sequences?: readonly unknown[] } {
  if (stop === undefined || stop === null) return {};
  const given = Array.isArray(stop) ? (stop as unknown[]) : [stop];
  const kept = given.filter((text, index) => {
    if (typeof text !== 'string' || text.trim() !== '') return true;
    unsupported.refuse('stop', text, Array.isArray(stop) ? `stop[${index}]` : 'stop', 'must not be blank there');
    return false;
  });
  return kept.length === 0 ? {} : { stop_sequences: kept };
}

/** The API knows one thing of a user: an opaque id. */
function toMetadata({ user, metadata }: ChatRequest, unsupported: Unsupported): { readonly user_id: unknown } | undefined {
  const { user_id: id, ...others } = isLoose(metadata) ? metadata : {};
  for (const name of Object.keys(others)) unsupported.refuse('metadata', others[name], `metadata.${name}`);
  const known = id ?? user;
  return known === undefined || known === null ? undefined : { user_id: known };
}

/** Betas of one call join those that the caller's headers name for all. */
function withBetas(provider: Provider, { providerOptions }: ChatRequest): Provider {
  const betas = providerOptions?.[provider.name]?.['betas'];
  if (!Array.isArray(betas) || betas.length === 0) return provider;
  const name = Object.keys(provider.headers).find((header) => header.toLowerCase() === BETA) ?? BETA;
  const known = provider.headers[name];
  return {
    ...provider,
    headers: { ...provider.headers, [name]: [...(known === undefined ? [] : [known]), ...(betas as unknown[])].join(',') },
  };
}

const BETA = 'anthropic-beta';

/** The beta by which models think between calls, too. */
function isInterleaved(provider: Provider, request: ChatRequest): boolean {
  const { headers } = withBetas(provider, request);
  return Object.entries(headers).some(([name, value]) => name.toLowerCase() === BETA && value.includes('interleaved-thinking'));
}

import type { Format } from '../anthropic/format.ts';
import { toInstruction } from '../anthropic/format.ts';
import { toSampling, type Sampling } from '../anthropic/sampling.ts';
import { isThinking } from '../anthropic/thinking.ts';
import type { ChatRequest } from '../../chat/request.ts';
import { joinFields, mergeOptions, optionsOf, refuseUnknown, refusing, type Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { EncodeInput } from '../provider.ts';
import { reading } from './content.ts';
import { familyOf } from './families.ts';
import { toFormat } from './format.ts';
import { toConversation } from './messages.ts';
import { lacksThinking } from './reasoning.ts';
import { toReasoning } from './thinking.ts';
import { toTools } from './tools.ts';

/** Fields that go as they are: the API's own names. */
const SAME: readonly string[] = [
  'guardrailConfig',
  'performanceConfig',
  'promptVariables',
  'serviceTier',
  'additionalModelResponseFieldPaths',
  'requestMetadata',
];
/** Objects into which `providerOptions` are merged field by field, rather than replacing them. */
const MERGED: readonly string[] = ['inferenceConfig', 'additionalModelRequestFields'];
const KNOWN: ReadonlySet<string> = new Set([
  ...SAME,
  ...MERGED,
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'thinking',
  'reasoning_effort',
  'metadata',
]);
const NO_OPTIONS: ReadonlySet<string> = new Set();

/** The body of a Converse request. */
export function toChatBody(request: ChatRequest, { asked, model, provider }: EncodeInput): Record<string, unknown> {
  const unsupported = refusing(asked, provider);
  refuseUnknown(request, KNOWN, unsupported);
  const format = toFormat(request, model, provider.name);
  const { system, messages } = toConversation(request.messages, model, reading(unsupported));
  const tools = toTools(request, model, format, unsupported);
  const isInterleaved = [request, optionsOf(request, provider.name)].some(hasInterleaving);
  const around = { isForced: tools.forced, lacksThinking: lacksThinking(messages), isInterleaved };
  const reasoning = toReasoning(request, model, around, unsupported);
  const instruction = toInstruction(format);
  const told = instruction === undefined ? system : [...system, { text: instruction }];
  const sampling = toSampling(request, model, isThinking(reasoning.fields['thinking']), unsupported);
  const inference = toInference(request, reasoning.maxTokens, sampling, unsupported);
  const fields = { ...toTopK(sampling, model), ...tools.fields, ...reasoning.fields };
  const body: Record<string, unknown> = {
    messages,
    ...(told.length === 0 ? {} : { system: told }),
    ...(isEmpty(inference) ? {} : { inferenceConfig: inference }),
    ...(tools.toolConfig === undefined ? {} : { toolConfig: tools.toolConfig }),
    ...(isEmpty(fields) ? {} : { additionalModelRequestFields: fields }),
    ...toOutputConfig(format, request),
    ...(isLoose(request.metadata) && !isEmpty(request.metadata) ? { requestMetadata: request.metadata } : {}),
  };
  for (const name of SAME) if (request[name] != null) body[name] = request[name];
  mergeFields(body, request);
  const before = { ...body };
  mergeOptions(body, request, provider, NO_OPTIONS);
  mergeFields(before, body);
  for (const name of MERGED) if (before[name] !== undefined) body[name] = before[name];
  return body;
}

function mergeFields(into: Record<string, unknown>, from: Loose): void {
  for (const name of MERGED) {
    const [before, more] = [into[name], from[name]];
    if (more !== undefined && more !== null) into[name] = isLoose(more) ? joinFields(isLoose(before) ? before : {}, more) : more;
  }
}

/** The beta by which Claude thinks between calls, too. */
function hasInterleaving(options: Loose | undefined): boolean {
  const fields = options?.['additionalModelRequestFields'];
  const betas = isLoose(fields) ? fields['anthropic_beta'] : undefined;
  return Array.isArray(betas) && betas.some((beta) => typeof beta === 'string' && beta.startsWith('interleaved-thinking'));
}

function toInference(request: ChatRequest, room: number | undefined, sampling: Sampling, unsupported: Unsupported): Loose {
  const { temperature, top_p: topP } = sampling;
  const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? room;
  const stop = toStop(request.stop, unsupported);
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop.length === 0 ? {} : { stopSequences: stop }),
  };
}

function toStop(stop: unknown, unsupported: Unsupported): readonly unknown[] {
  if (stop === undefined || stop === null) return [];
  const given = Array.isArray(stop) ? (stop as unknown[]) : [stop];
  return given.filter((text, index) => {
    if (text !== '') return true;
    unsupported.refuse('stop', text, Array.isArray(stop) ? `stop[${index}]` : 'stop', 'must not be empty there');
    return false;
  });
}

/** No parameter of Converse: each family has a name of its own for it. */
function toTopK({ top_k: topK }: Sampling, model: string): Loose {
  if (topK === undefined) return {};
  const family = familyOf(model);
  if (family === 'nova') return { inferenceConfig: { topK } };
  return family === 'cohere' ? { k: topK } : { top_k: topK };
}

function toOutputConfig(format: Format, { response_format: asked }: ChatRequest): Loose {
  if (format.kind !== 'native') return {};
  const { name, description } = asked?.type === 'json_schema' ? asked.json_schema : { name: undefined, description: undefined };
  const jsonSchema = {
    schema: JSON.stringify(format.schema),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof description === 'string' ? { description } : {}),
  };
  return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } };
}

function isEmpty(fields: Loose): boolean {
  return Object.keys(fields).length === 0;
}

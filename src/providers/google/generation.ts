import type { ChatRequest } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import { toThinkingConfig } from './thinking.ts';

/** What Google calls the fields that need no more than another name. */
const RENAMED: readonly (readonly [name: string, theirs: string])[] = [
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['top_k', 'topK'],
  ['seed', 'seed'],
  ['frequency_penalty', 'frequencyPenalty'],
  ['presence_penalty', 'presencePenalty'],
];

const MOST_STOPS = 5;

/** Sampling, lengths, the form of the answer, thinking. */
export function toGenerationConfig(request: ChatRequest, model: string, unsupported: Unsupported): Loose {
  const config: Record<string, unknown> = {};
  for (const [name, theirs] of RENAMED) if (isTold(request[name])) config[theirs] = request[name];
  const most = request.max_completion_tokens ?? request.max_tokens;
  if (isTold(most)) config['maxOutputTokens'] = most;
  if (isTold(request.n) && request.n !== 1) config['candidateCount'] = request.n;
  const stops = toStops(request.stop, unsupported);
  if (stops !== undefined) config['stopSequences'] = stops;
  if (request.logprobs === true) config['responseLogprobs'] = true;
  if (request.logprobs === true && isTold(request.top_logprobs)) config['logprobs'] = request.top_logprobs;
  const modalities = toModalities(request['modalities'], unsupported);
  if (modalities !== undefined) config['responseModalities'] = modalities;
  const thinking = toThinkingConfig(request, model, unsupported);
  if (thinking !== undefined) config['thinkingConfig'] = thinking;
  return { ...config, ...toResponseForm(request.response_format, unsupported) };
}

function isTold(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function toStops(stop: unknown, unsupported: Unsupported): readonly unknown[] | undefined {
  if (stop === undefined || stop === null) return undefined;
  const stops: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  if (stops.length <= MOST_STOPS) return stops.length === 0 ? undefined : stops;
  unsupported.refuse('stop', stop, 'stop', `can name ${MOST_STOPS} sequences at most there`);
  return undefined;
}

/** `['text', 'image']`; text alone is what comes anyway. */
function toModalities(modalities: unknown, unsupported: Unsupported): readonly string[] | undefined {
  if (modalities === undefined || modalities === null) return undefined;
  if (!Array.isArray(modalities) || !modalities.every((item) => typeof item === 'string')) {
    unsupported.refuse('modalities', modalities);
    return undefined;
  }
  const named = modalities.map((item) => item.toUpperCase());
  return named.every((item) => item === 'TEXT') ? undefined : named;
}

/** The schema goes as it is: the older `responseSchema` knows only a part of JSON Schema. */
function toResponseForm(format: unknown, unsupported: Unsupported): Loose {
  if (format === undefined || format === null) return {};
  const { type, json_schema: named }: Loose = isLoose(format) ? format : {};
  if (type === 'text') return {};
  if (type === 'json_object') return { responseMimeType: 'application/json' };
  if (type === 'json_schema') {
    const schema = isLoose(named) ? named['schema'] : undefined;
    return { responseMimeType: 'application/json', ...(isTold(schema) ? { responseJsonSchema: schema } : {}) };
  }
  unsupported.refuse('response_format', format);
  return {};
}

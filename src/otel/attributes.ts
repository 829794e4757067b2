import { toPrintable } from '../printable.ts';
import type { CallFailed, CallStarted, Candidate } from '../events.ts';
import type { AttemptReport, CallReport } from '../report.ts';
import type { Attributes } from './api.ts';
import { type OperationName, read, toProviderName, toServer } from './names.ts';

/** Longer texts of callers and providers are cut. */
const LONGEST = 256;
/** Tags of a call that become attributes. */
const MOST_TAGS = 32;

/** What is known of a call at once; samplers decide by it. */
export function ofStart(started: CallStarted, operation: OperationName): Attributes {
  const { callId, requested, stream, tags, tenant, targets } = started;
  const attributes: Attributes = {
    'gen_ai.operation.name': operation,
    ...ofTarget(targets[0]),
    'keywheel.call.id': callId,
    'keywheel.requested_model': short(requested),
  };
  if (stream) attributes['gen_ai.request.stream'] = true;
  if (tenant !== undefined) attributes['keywheel.tenant'] = short(tenant);
  for (const [name, value] of Object.entries(tags).slice(0, MOST_TAGS)) attributes[`keywheel.tag.${short(name)}`] = short(value);
  return attributes;
}

/** Who is asked, in the conventions' words. */
export function ofTarget(target: Candidate | undefined): Attributes {
  if (target === undefined) return {};
  const { model } = target;
  return {
    'gen_ai.provider.name': toProviderName(target),
    ...(model === '' ? {} : { 'gen_ai.request.model': short(model) }),
    ...toServer(target),
  };
}

/** Numbers and words of a request that say how it is to be answered. Of one that the caller wrote for another protocol, as far as it uses the same names. */
export function ofRequest(asked: unknown): Attributes {
  const request = read(asked, 'json') ?? asked;
  const attributes: Attributes = {};
  for (const [attribute, ...fields] of NUMBERS) {
    const value = fields.map((field) => read(request, field)).find((each) => typeof each === 'number' && Number.isFinite(each));
    // Of the numbers alone.
    if (value !== undefined) attributes[attribute] = value as number;
  }
  const choices = read(request, 'n');
  if (typeof choices === 'number' && choices !== 1) attributes['gen_ai.request.choice.count'] = choices;
  const stop = read(request, 'stop') ?? read(request, 'stop_sequences');
  if (typeof stop === 'string' || Array.isArray(stop)) attributes['gen_ai.request.stop_sequences'] = texts(stop);
  const format = read(request, 'encoding_format');
  if (typeof format === 'string') attributes['gen_ai.request.encoding_formats'] = [short(format)];
  const output = toOutputType(request);
  if (output !== undefined) attributes['gen_ai.output.type'] = output;
  return attributes;
}

const NUMBERS: readonly (readonly [attribute: string, ...fields: readonly string[]])[] = [
  ['gen_ai.request.max_tokens', 'max_completion_tokens', 'max_tokens', 'max_output_tokens'],
  ['gen_ai.request.temperature', 'temperature'],
  ['gen_ai.request.top_p', 'top_p'],
  ['gen_ai.request.top_k', 'top_k'],
  ['gen_ai.request.seed', 'seed'],
  ['gen_ai.request.frequency_penalty', 'frequency_penalty'],
  ['gen_ai.request.presence_penalty', 'presence_penalty'],
  ['gen_ai.embeddings.dimension.count', 'dimensions'],
];

function toOutputType(request: unknown): string | undefined {
  const type = read(read(request, 'response_format'), 'type');
  if (type === 'json_schema' || type === 'json_object') return 'json';
  return type === 'text' ? 'text' : undefined;
}

/** What the answer says of itself; of embeddings and bytes less. */
export function ofAnswer(answer: unknown): Attributes {
  const attributes: Attributes = {};
  const [id, model, choices] = [read(answer, 'id'), read(answer, 'model'), read(answer, 'choices')];
  if (typeof id === 'string' && id !== '') attributes['gen_ai.response.id'] = short(id);
  if (typeof model === 'string' && model !== '') attributes['gen_ai.response.model'] = short(model);
  const reasons = Array.isArray(choices) ? texts(choices.map((choice) => read(choice, 'finish_reason'))) : [];
  if (reasons.length > 0) attributes['gen_ai.response.finish_reasons'] = reasons;
  return attributes;
}

/** What the call did. Tokens are those that were paid: an answer of the cache used none. */
export function ofReport(report: CallReport): Attributes {
  const { attempts, cache, key, tokens, costUsd, waitedMs, resumed, stream, firstTokenMs } = report;
  const attributes: Attributes = {
    'keywheel.cache.status': cache,
    'keywheel.waited_ms': waitedMs,
    'keywheel.attempts': attempts.length,
    'keywheel.rotations': attempts.filter(({ action }) => action === 'rotate').length,
  };
  const group = attempts.findLast((attempt) => attempt.key === key)?.group;
  if (key !== undefined) attributes['keywheel.key.id'] = short(key);
  if (group !== undefined) attributes['keywheel.group'] = short(group);
  if (costUsd !== undefined) attributes['keywheel.cost_usd'] = costUsd;
  if (resumed !== undefined) attributes['keywheel.resumed'] = resumed;
  if (stream && firstTokenMs !== undefined) attributes['gen_ai.response.time_to_first_chunk'] = firstTokenMs / 1000;
  if (tokens === undefined) return attributes;
  attributes['gen_ai.usage.input_tokens'] = tokens.input;
  attributes['gen_ai.usage.output_tokens'] = tokens.output;
  if (tokens.cached !== undefined) attributes['gen_ai.usage.cache_read.input_tokens'] = tokens.cached;
  if (tokens.cacheWrite !== undefined) attributes['gen_ai.usage.cache_creation.input_tokens'] = tokens.cacheWrite;
  if (tokens.reasoning !== undefined) attributes['gen_ai.usage.reasoning.output_tokens'] = tokens.reasoning;
  return attributes;
}

export function ofFailure({ class: failure, error }: CallFailed): Attributes {
  return { 'error.type': failure, ...(error === undefined ? {} : { 'keywheel.error.code': error.code }) };
}

/**
 * Of one exchange. Nothing of `gen_ai.*`: who adds up tokens and costs by those would count an attempt and its call twice.
 */
export function ofAttempt(attempt: AttemptReport): Attributes {
  const { provider, model, key, group, waitedMs, status, class: end, scope, action, why, requestId } = attempt;
  const attributes: Attributes = {
    'keywheel.provider': provider,
    'keywheel.model': short(model),
    'keywheel.key.id': short(key),
    'keywheel.group': short(group),
    'keywheel.waited_ms': waitedMs,
    'keywheel.attempt.class': end,
    'keywheel.attempt.why': short(why),
  };
  if (status !== undefined) attributes['http.response.status_code'] = status;
  if (scope !== undefined) attributes['keywheel.attempt.scope'] = scope;
  if (action !== undefined) attributes['keywheel.attempt.action'] = action;
  if (requestId !== undefined) attributes['keywheel.attempt.request_id'] = short(requestId);
  if (end !== 'ok') attributes['error.type'] = end;
  return attributes;
}

function short(text: string): string {
  return toPrintable(text, LONGEST);
}

function texts(values: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(values) ? values : [values];
  return all
    .filter((value) => typeof value === 'string')
    .slice(0, 16)
    .map(short);
}

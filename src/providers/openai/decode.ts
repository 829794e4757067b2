import type { ChatCompletion, Usage, Whole } from '../../chat/reply.ts';
import { toUsage } from '../../chat/usage.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { DecodeContext } from '../provider.ts';
import { COMPATIBLE, type Dialect } from './dialect.ts';
import { isFailed, isTold, toFailure, toFinish } from './finish.ts';
import { forcedName, unforceChoice } from './forced.ts';
import { readSources, toWholeMessage, withCallIds } from './normal.ts';

export { isLoose, type Loose };

/**
 * A whole answer with status 200. A good one passes through as it came; holes that compatible servers leave are filled as in a stream,
 * and what they say in words of their own is said in OpenAI's. What is no answer is an error in the provider's own shape: an error
 * inside a 200, a page, a body without choices.
 */
export function decodeWhole(
  body: unknown,
  context: DecodeContext,
  dialect: Dialect = COMPATIBLE,
): { readonly whole: Whole } | { readonly error: unknown } {
  const { asked } = context;
  // Together and GitHub list their models without a word around it.
  if (asked.operation === 'models' && isList(body)) return { whole: { object: 'list', data: body.map(toModel) } };
  if (!isLoose(body)) return { error: body };
  if (saysError(body)) return { error: body };
  if (asked.operation !== 'chat') {
    // The provider's answer is taken at its word from here on: its shape was checked as far as keywheel relies on it.
    return Array.isArray(body['data']) ? { whole: body as unknown as Whole } : { error: body };
  }
  const { choices } = body;
  if (!Array.isArray(choices) || choices.length === 0) return { error: body };
  for (const choice of choices as unknown[]) {
    if (!isLoose(choice)) return { error: body };
    // OpenRouter reports a provider that failed half-way as a choice with an error.
    if (isFailed(choice)) return { error: toFailure(choice) };
    if (!isLoose(choice['message'])) return { error: body };
  }
  return { whole: fillHoles(body, choices as readonly Loose[], context, dialect) };
}

function isList(body: unknown): body is readonly (Loose & { readonly id: string })[] {
  return Array.isArray(body) && (body as unknown[]).every((item) => isLoose(item) && typeof item['id'] === 'string');
}

function toModel<Model extends Loose>(model: Model): Model & { readonly object: 'model' } {
  return { ...model, object: 'model' };
}

/** So that a plain answer, its replay as a stream and a stream agree. Only what is missing, rubbish or said otherwise changes. */
function fillHoles(body: Loose, choices: readonly Loose[], context: DecodeContext, dialect: Dialect): ChatCompletion {
  const filled: Record<string, unknown> = {};
  if (!isName(body['id'])) filled['id'] = context.requestId ?? '';
  if (!isName(body['model'])) filled['model'] = context.model;
  if (!isTime(body['created'])) filled['created'] = Math.floor(context.now / 1000);
  const reply = { id: String(filled['id'] ?? body['id']), created: Number(filled['created'] ?? body['created']) };
  const forced = forcedName(context, dialect);
  const sources = readSources(body);
  const read = choices.map((choice, position) => {
    const full = withMessage(isFull(choice) ? choice : toChoice(choice, position), sources);
    const said = forced === undefined ? full : unforceChoice(full, forced);
    return withCallIds(said, reply);
  });
  if (read.some((choice, position) => choice !== choices[position])) filled['choices'] = read;
  const usage = findUsage(body);
  // Numbers that do not count are no usage: absent is not zero.
  if (usage === undefined && body['usage'] != null) filled['usage'] = null;
  if (usage !== undefined && !isSame(usage, body['usage'])) filled['usage'] = usage;
  // The provider's answer is taken at its word from here on: its shape was checked as far as keywheel relies on it.
  return (Object.keys(filled).length === 0 ? body : { ...body, ...filled }) as unknown as ChatCompletion;
}

function withMessage(choice: Loose, sources: readonly Loose[]): Loose {
  const { message } = choice;
  if (!isLoose(message)) return choice;
  const normal = toWholeMessage(message);
  const cited = sources.length > 0 && normal['annotations'] == null ? { ...normal, annotations: sources } : normal;
  return cited === message ? choice : { ...choice, message: cited };
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Unix seconds; zero is what servers write that tell none. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function isFull({ index, finish_reason: finish, message }: Loose): boolean {
  const calls = isLoose(message) ? message['tool_calls'] : undefined;
  return toIndex(index) !== undefined && toFinish(finish).finish_reason === finish && (calls === undefined || Array.isArray(calls));
}

function toChoice(choice: Loose, position: number): Loose {
  const { tool_calls: calls, ...message } = isLoose(choice['message']) ? choice['message'] : {};
  return {
    ...choice,
    index: toIndex(choice['index']) ?? position,
    message: Array.isArray(calls) ? { ...message, tool_calls: calls as unknown } : message,
    ...toFinish(choice['finish_reason'], choice['native_finish_reason']),
  };
}

function isSame(usage: Usage, wire: unknown): boolean {
  return isLoose(wire) && Object.keys(usage).every((field) => usage[field] === wire[field]);
}

export function toIndex(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** Of an answer or a chunk; Groq's streams have it in a place of their own. */
export function findUsage(body: Loose): Usage | undefined {
  const groq = body['x_groq'];
  return toUsage(body['usage']) ?? (isLoose(groq) ? toUsage(groq['usage']) : undefined);
}

/** True for an error in any of the shapes in which one comes with status 200. */
export function saysError(body: Loose): boolean {
  if (isTold(body['error']) || body['object'] === 'error' || body['type'] === 'error') return true;
  return body['type'] === 'response.failed';
}

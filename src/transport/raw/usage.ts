import type { Usage } from '../../chat/reply.ts';
import { isCount, toUsage } from '../../chat/usage.ts';

type Loose = Readonly<Record<string, unknown>>;

/** Where answers and events of all providers keep what they used. */
const PLACES: readonly (readonly string[])[] = [
  ['usage'],
  ['usageMetadata'],
  ['response', 'usage'],
  ['message', 'usage'],
  ['metadata', 'usage'],
  ['amazon-bedrock-invocationMetrics'],
];

/** What an answer in nobody's words says of its usage, parsed; `before`: what the stream said of it until then. Absent is not zero. */
export function findUsage(body: unknown, before?: Loose): Loose | undefined {
  const found = PLACES.map((path) => path.reduce<unknown>((at, name) => (isLoose(at) ? at[name] : undefined), body)).find(isLoose);
  if (found === undefined) return before;
  // Streams tell it in parts: what a later one leaves out still holds.
  return { ...before, ...Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null)) };
}

/** Usage as providers write it, in any of their words. */
export function readAnyUsage(usage: Loose | undefined): Usage | undefined {
  if (usage === undefined) return undefined;
  if (isCount(usage['prompt_tokens'])) return toUsage(usage) ?? toUsage({ ...usage, completion_tokens: 0 });
  const input = first(usage, ['input_tokens', 'inputTokens', 'promptTokenCount', 'inputTokenCount']);
  if (input === undefined) return undefined;
  const output = first(usage, ['output_tokens', 'outputTokens', 'candidatesTokenCount', 'outputTokenCount']) ?? 0;
  const thoughts = first(usage, ['thoughtsTokenCount']);
  // Anthropic and Bedrock count beside the input what a cache served; the others count it in.
  const read = first(usage, ['cache_read_input_tokens', 'cacheReadInputTokens']);
  const written = first(usage, ['cache_creation_input_tokens', 'cacheWriteInputTokens']);
  const cached = read ?? within(usage, 'input_tokens_details', 'cached_tokens') ?? first(usage, ['cachedContentTokenCount']);
  const reasoning = thoughts ?? within(usage, 'output_tokens_details', 'reasoning_tokens');
  const prompt = input + (read ?? 0) + (written ?? 0);
  const completion = output + (thoughts ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached === undefined && written === undefined
      ? {}
      : { prompt_tokens_details: counts({ cached_tokens: cached, cache_write_tokens: written }) }),
    ...(reasoning === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}

function first(usage: Loose, names: readonly string[]): number | undefined {
  for (const name of names) if (isCount(usage[name])) return usage[name];
  return undefined;
}

function within(usage: Loose, place: string, name: string): number | undefined {
  const details = usage[place];
  return isLoose(details) ? first(details, [name]) : undefined;
}

function counts(named: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(named).filter((entry): entry is [string, number] => entry[1] !== undefined));
}

export function isLoose(value: unknown): value is Loose {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

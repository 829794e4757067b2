import type { Asked } from '../../chat/asked.ts';
import type { ChatCompletion, Embeddings, Usage } from '../../chat/reply.ts';

/** Any JSON object, before it is known what it is. */
export type Loose = Readonly<Record<string, unknown>>;

/**
 * A whole answer with status 200. It passes through as it came, so that nothing is lost; what is no answer is an error in the
 * provider's own shape: an error inside a 200, a page, a body without choices.
 */
export function decodeWhole(asked: Asked, body: unknown): { readonly whole: ChatCompletion | Embeddings } | { readonly error: unknown } {
  if (!isLoose(body)) return { error: body };
  if (saysError(body)) return { error: body };
  if (asked.operation === 'embed') {
    // The provider's answer is taken at its word from here on: its shape was checked as far as keywheel relies on it.
    return Array.isArray(body['data']) ? { whole: body as unknown as Embeddings } : { error: body };
  }
  const { choices } = body;
  if (!Array.isArray(choices) || choices.length === 0) return { error: body };
  for (const choice of choices as unknown[]) {
    if (!isLoose(choice)) return { error: body };
    // OpenRouter reports a provider that failed half-way as a choice with an error.
    if (isTold(choice['error'])) return { error: { error: choice['error'] } };
    if (!isLoose(choice['message'])) return { error: body };
  }
  return { whole: body as unknown as ChatCompletion };
}

/** Tokens of a whole answer; `undefined` when the server did not count: absent is not zero. */
export function readUsage(whole: ChatCompletion | Embeddings): Usage | undefined {
  const extra = whole['x_groq'];
  return toUsage(whole.usage) ?? (isLoose(extra) ? toUsage(extra['usage']) : undefined);
}

/** An answer to embeddings has no completion tokens, and none were made: there the absent number is a zero. */
export function toUsage(usage: unknown): Usage | undefined {
  if (!isLoose(usage)) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
  if (!isCount(prompt)) return undefined;
  if (completion != null && !isCount(completion)) return undefined;
  const output = completion ?? (isCount(total) ? total - prompt : 0);
  return {
    ...usage,
    prompt_tokens: prompt,
    completion_tokens: Math.max(0, output),
    total_tokens: isCount(total) ? total : prompt + output,
  };
}

/** True for an error in any of the shapes in which one comes with status 200. */
export function saysError(body: Loose): boolean {
  if (isTold(body['error']) || body['object'] === 'error' || body['type'] === 'error') return true;
  return body['type'] === 'response.failed';
}

/** An error that says something: `null`, `false`, `''` and `{}` beside a good answer say nothing. */
export function isTold(error: unknown): boolean {
  if (isLoose(error)) return Object.keys(error).length > 0;
  return Array.isArray(error) ? error.length > 0 : typeof error === 'string' && error !== '';
}

export function isLoose(value: unknown): value is Loose {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

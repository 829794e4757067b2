import { isLoose, type Loose } from '../loose.ts';

/** Google's log probabilities in OpenAI's shape; `undefined` where there are none. */
export function toLogprobs(result: unknown): { readonly content: readonly Loose[] } | undefined {
  if (!isLoose(result) || !Array.isArray(result['chosenCandidates'])) return undefined;
  const top = Array.isArray(result['topCandidates']) ? (result['topCandidates'] as unknown[]) : [];
  const content = (result['chosenCandidates'] as unknown[]).flatMap((chosen, position): readonly Loose[] =>
    toToken(chosen).map((token) => ({ ...token, top_logprobs: toTop(top[position]) })),
  );
  return { content };
}

function toTop(top: unknown): readonly Loose[] {
  const candidates = isLoose(top) && Array.isArray(top['candidates']) ? (top['candidates'] as unknown[]) : [];
  return candidates.flatMap(toToken);
}

/** Empty for what is none. */
function toToken(candidate: unknown): readonly Loose[] {
  if (!isLoose(candidate)) return [];
  const { token, logProbability } = candidate;
  if (typeof token !== 'string') return [];
  // A probability of one has a logarithm of zero, which Google leaves out.
  return [{ token, logprob: typeof logProbability === 'number' ? logProbability : 0, bytes: [...Buffer.from(token, 'utf8')] }];
}

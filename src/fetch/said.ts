import type { Provider } from '../providers/provider.ts';
import { readWords } from './endpoint.ts';

/** What a request says of whom it asks. */
export interface Said {
  readonly url: URL;
  /** As the caller wrote it. */
  readonly method: string;
  /** The caller's own, with their key. */
  readonly headers: Headers;
}

/** A provider, and the path behind its base URL. */
interface Candidate {
  readonly provider: Provider;
  readonly rest: readonly string[];
}

/** The candidates that the request says are meant, by whose words it is in; all of them where it says none of them. */
export function fittest<C extends Candidate>(candidates: readonly C[], said: Said): readonly C[] {
  const method = said.method.toUpperCase();
  const speaking = candidates.filter(({ provider, rest }) => speaks(provider, rest, readWords(method, rest)));
  const left = speaking.length > 0 ? speaking : candidates;
  const header = said.headers.has('anthropic-version') ? 'anthropic-version' : OWN.find((name) => said.headers.has(name));
  const own = left.filter(({ provider }) => isOf(header ?? (hasKey(said.url) ? 'x-goog-api-key' : undefined), provider));
  return own.length > 0 ? own : left;
}

/** Whether the caller's key is a bearer token, as this provider's keys are. That says little, as nearly all take one. */
export function takesBearer({ auth }: Provider, { headers }: Said): boolean {
  return headers.has('authorization') && (auth.kind === 'aws' || auth.header === 'authorization');
}

/** Headers in which some providers alone are shown keys. */
const OWN = ['x-goog-api-key', 'x-api-key', 'api-key'] as const;

function isOf(header: string | undefined, { auth, protocol }: Provider): boolean {
  if (header === 'anthropic-version') return protocol.name === 'anthropic';
  return header !== undefined && auth.kind === 'header' && auth.header === header;
}

function speaks({ protocol: { name } }: Provider, rest: readonly string[], words: string | undefined): boolean {
  // Google answers in OpenAI's words as well, below a path of its own.
  return name === words || (name === 'google' && words === 'openai' && rest[0] === 'openai');
}

/** Google's own place for a key in a URL. */
function hasKey({ searchParams }: URL): boolean {
  return searchParams.has('key');
}

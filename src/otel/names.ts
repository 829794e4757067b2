import type { Candidate } from '../events.ts';
import type { CallReport } from '../report.ts';

/** How the GenAI conventions call who answers, by what keywheel calls them; whom they do not know keeps that name. */
const BY_NAME: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['azure', 'azure.ai.openai'],
  ['bedrock', 'aws.bedrock'],
  ['cohere', 'cohere'],
  ['deepseek', 'deepseek'],
  ['groq', 'groq'],
  ['mistral', 'mistral_ai'],
  ['moonshot', 'moonshot_ai'],
  ['perplexity', 'perplexity'],
  ['xai', 'x_ai'],
]);

/** By the end of the host, for providers that users named themselves. */
const BY_HOST: readonly (readonly [host: string, name: string])[] = [
  ['api.openai.com', 'openai'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['.openai.azure.com', 'azure.ai.openai'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.groq.com', 'groq'],
  ['api.deepseek.com', 'deepseek'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.x.ai', 'x_ai'],
];

const BY_PROTOCOL: ReadonlyMap<string, string> = new Map([
  ['anthropic', 'anthropic'],
  ['bedrock', 'aws.bedrock'],
  ['cohere', 'cohere'],
]);

/** What the conventions call who answers: by its name, its host, its protocol, or else as it is called. */
export function toProviderName({ provider, protocol, host }: Candidate): string {
  if (protocol === 'google') return /(?:^|[-.])aiplatform\.googleapis\.com(?::|$)/.test(host) ? 'gcp.vertex_ai' : 'gcp.gemini';
  const known = BY_NAME.get(provider) ?? BY_HOST.find(([end]) => host.endsWith(end))?.[1] ?? BY_PROTOCOL.get(protocol);
  return known ?? provider;
}

/** What a call is for, in the conventions' words where they have one. */
export type OperationName = 'chat' | 'embeddings' | 'list_models' | 'fetch';

/** Of a request of `client.fetch` as far as its URL tells. */
export function toOperationName(operation: CallReport['operation'], asked: unknown): OperationName {
  if (operation === 'chat') return 'chat';
  if (operation === 'embed') return 'embeddings';
  if (operation === 'models') return 'list_models';
  const kind = read(read(asked, 'endpoint'), 'kind');
  return kind === 'chat' ? 'chat' : kind === 'embed' ? 'embeddings' : 'fetch';
}

/** Where a target is. */
export function toServer({ host, port }: Candidate): { readonly 'server.address': string; readonly 'server.port': number } {
  const address = host.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
  return { 'server.address': address, 'server.port': port };
}

/** A field of what may be anything. */
export function read(from: unknown, field: string): unknown {
  return typeof from === 'object' && from !== null ? (from as Readonly<Record<string, unknown>>)[field] : undefined;
}

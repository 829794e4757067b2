import { anthropic } from './anthropic/anthropic.ts';
import { bedrock } from './bedrock/bedrock.ts';
import { cohere } from './cohere/cohere.ts';
import { google } from './google/google.ts';
import { openai } from './openai/openai.ts';
import { PROTOCOLS, type SimulatedProtocol } from '../protocol.ts';
import type { Incoming, Tongue } from './tongue.ts';

const TONGUES: Readonly<Record<SimulatedProtocol, Tongue>> = { openai, anthropic, google, cohere, bedrock };

/** Where each protocol is found, behind the origin: what clients take as its base URL. */
export const BASE_PATHS: Readonly<Record<SimulatedProtocol, string>> = {
  openai: '/v1',
  anthropic: '/v1',
  google: '/v1beta',
  // Its list of models has the path of OpenAI's, and shows its key alike.
  cohere: '/cohere',
  bedrock: '',
};

/**
 * Who answers a request. A path that begins with the name of a protocol is for it (`/cohere/v1/models`), any other for whoever knows
 * it; `/v1/models`, which three know, and what nobody knows, go by how the key is shown, and else to OpenAI.
 */
export function findTongue(incoming: Incoming): { readonly tongue: Tongue; readonly incoming: Incoming } {
  const [, named = '', rest = ''] = /^\/([a-z]+)(\/.*)$/.exec(incoming.path) ?? [];
  const protocol = PROTOCOLS.find((name) => name === named);
  if (protocol !== undefined) return { tongue: TONGUES[protocol], incoming: { ...incoming, path: rest } };
  const byLook = guess(incoming);
  const knowing = Object.values(TONGUES).filter((tongue) => tongue.route(incoming) !== undefined);
  return { tongue: knowing.length === 1 ? (knowing[0] ?? byLook) : byLook, incoming };
}

function guess({ headers, query }: Incoming): Tongue {
  if (headers['x-api-key'] !== undefined || headers['anthropic-version'] !== undefined) return anthropic;
  if (headers['x-goog-api-key'] !== undefined || query.has('key')) return google;
  return headers['authorization']?.startsWith('AWS4-') === true ? bedrock : openai;
}

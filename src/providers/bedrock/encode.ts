import { RequestError } from '../../errors.ts';
import type { WireRequest } from '../../wire/types.ts';
import { toWireRequest } from '../encoding.ts';
import type { EncodeInput, Provider } from '../provider.ts';
import { toChatBody } from './chat.ts';
import { toEmbedBody } from './embed.ts';

/** The exchange for one target. The model stands in the path, escaped once: ids hold colons, and ARNs slashes. */
export function encode(input: EncodeInput): WireRequest {
  const { asked, provider, stream } = input;
  const model = encodeURIComponent(input.model);
  switch (asked.operation) {
    case 'chat': {
      const body = toChatBody(asked.request, input);
      if (!stream) return toWireRequest(provider, { path: `/model/${model}/converse`, operation: 'chat', body });
      const accept = 'application/vnd.amazon.eventstream';
      return toWireRequest(provider, { path: `/model/${model}/converse-stream`, operation: 'chat', body, accept });
    }
    case 'embed':
      return toWireRequest(provider, { path: `/model/${model}/invoke`, operation: 'embed', body: toEmbedBody(asked.request, input) });
    case 'models':
      return toWireRequest(toControlPlane(provider), { path: '/foundation-models', operation: 'models', body: undefined });
  }
}

const RUNTIME = /^(https?:\/\/)bedrock-runtime((?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws))(?=[:/]|$)/i;

/** Models are listed by another host than the one that runs them. */
function toControlPlane(provider: Provider): Provider {
  const baseURL = provider.baseURL.replace(RUNTIME, '$1bedrock$2');
  if (baseURL !== provider.baseURL) return { ...provider, baseURL };
  const message = `Cannot send the request for models to '${provider.name}' as only hosts of AWS are known to list them: 'baseURL' is of another`;
  throw new RequestError(message, { class: 'bad_request' });
}

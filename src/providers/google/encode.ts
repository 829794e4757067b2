import type { WireRequest } from '../../wire/types.ts';
import { toWireRequest } from '../encoding.ts';
import type { EncodeInput } from '../provider.ts';
import { toAddress } from './address.ts';
import { toChatBody } from './chat.ts';
import { encodeEmbed } from './embed.ts';

/** Google pages its list by 50 unless asked for more; this is the most it gives. */
const MODELS_QUERY = { pageSize: '1000' };

/** The exchange for one target: what to do is in the path, so that no option can make a plain call a stream. */
export function encode(input: EncodeInput): WireRequest {
  const { asked, model, provider } = input;
  switch (asked.operation) {
    case 'chat': {
      const body = toChatBody(asked, model, provider);
      const { operation } = asked;
      const { provider: at, path } = toAddress(provider, model, input.stream ? 'streamGenerateContent' : 'generateContent');
      if (!input.stream) return toWireRequest(at, { path, operation, body });
      return toWireRequest(at, { path, operation, body, accept: 'text/event-stream', query: { alt: 'sse' } });
    }
    case 'embed':
      return encodeEmbed(asked, model, provider);
    case 'models':
      return toWireRequest(provider, { path: '/models', operation: asked.operation, body: undefined, query: MODELS_QUERY });
  }
}

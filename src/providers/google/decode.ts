import { Collector } from '../../chat/collect.ts';
import type { Whole } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { DecodeContext } from '../provider.ts';
import { decodeEmbeddings } from './embed.ts';
import { saysError } from './finish.ts';
import { decodeModels } from './models.ts';
import { ReplyDecoder } from './reply.ts';

type Decoded = { readonly whole: Whole } | { readonly error: unknown };

/** A whole answer with status 200. What is no answer is an error in Google's own shape. */
export function decodeWhole(body: unknown, context: DecodeContext): Decoded {
  if (isLoose(body) && saysError(body)) return { error: body };
  const { asked } = context;
  if (asked.operation === 'chat') return decodeChat(body, context);
  const whole = asked.operation === 'embed' ? decodeEmbeddings(body, asked.request, context.model) : decodeModels(body);
  return whole === undefined ? { error: body } : { whole };
}

/**
 * A whole answer is a stream of one response, and put together the same way, so that both agree. A stream that was not asked for
 * events is an array of its responses.
 */
function decodeChat(body: unknown, context: DecodeContext): Decoded {
  const responses: readonly Loose[] = Array.isArray(body) ? (body as unknown[]).filter(isLoose) : isLoose(body) ? [body] : [];
  const reply = new ReplyDecoder(context);
  const collector = new Collector();
  let choices = 0;
  for (const response of responses) {
    const read = reply.read(response);
    if (read === undefined) continue;
    if ('error' in read) return { error: read.error === response ? body : read.error };
    choices += read.chunk.choices.length;
    collector.add(read.chunk);
  }
  const rest = reply.flush();
  if (rest !== undefined) collector.add(rest);
  return choices === 0 ? { error: body } : { whole: collector.reply() };
}

import type { WireEvent } from '../../wire/types.ts';
import { isLoose } from '../loose.ts';
import { readEvent } from '../parts.ts';
import type { DecodeContext, Decoded, StreamDecoder } from '../provider.ts';
import { saysError } from './finish.ts';
import { ReplyDecoder } from './reply.ts';

const NOTHING: Decoded = { kind: 'nothing' };

/** Starts the decoding of one stream of responses. There is no terminal marker but that every candidate says why it ended. */
export function startStream(context: DecodeContext): StreamDecoder {
  const reply = new ReplyDecoder(context);
  return {
    decode: (event) => decodeEvent(event, reply),
    get complete() {
      return reply.complete;
    },
  };
}

function decodeEvent(event: WireEvent, reply: ReplyDecoder): Decoded {
  const failed = readErrorList(event.data);
  if (failed !== undefined) return { kind: 'error', body: failed };
  const read = readEvent(event);
  if (read.kind !== 'object') return read;
  if (event.event === 'error') return { kind: 'error', body: read.body };
  const said = reply.read(read.body);
  if (said === undefined) return NOTHING;
  return 'error' in said ? { kind: 'error', body: said.error } : { kind: 'chunk', chunk: said.chunk };
}

/** Errors come in an array, too. */
function readErrorList(data: string): unknown {
  if (!/^\s*\[/.test(data)) return undefined;
  try {
    const parsed: unknown = JSON.parse(data);
    return Array.isArray(parsed) && (parsed as unknown[]).some((item) => isLoose(item) && saysError(item)) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

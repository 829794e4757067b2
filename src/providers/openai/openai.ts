import { readIds } from '../ids.ts';
import { createLimitReader } from '../limits.ts';
import type { Protocol } from '../provider.ts';
import { classify } from './classify.ts';
import { decodeWhole } from './decode.ts';
import { COMPATIBLE, type Dialect } from './dialect.ts';
import { encode } from './encode.ts';
import { estimate } from './estimate.ts';
import { startStream } from './stream.ts';

/** OpenAI's Chat Completions and Embeddings as one family of servers speaks them. */
export function createOpenAI(dialect: Dialect): Protocol {
  return {
    name: 'openai',
    auth: { kind: 'header', header: 'authorization', prefix: 'Bearer ' },
    capabilities: dialect.capabilities,
    encode: (input) => encode(input, dialect),
    decodeWhole: (body, context) => decodeWhole(body, context, dialect),
    startStream: (context) => startStream(context, dialect),
    classify: (failure, provider, now) => classify(failure, provider, now, dialect),
    readLimits: createLimitReader(dialect.windows),
    readIds,
    estimate,
  };
}

/** The protocol of a server of which nothing else is known. */
export const openai: Protocol = createOpenAI(COMPATIBLE);

import type { Protocol } from '../provider.ts';
import { classify } from './classify.ts';
import { decodeWhole, readUsage } from './decode.ts';
import { encode } from './encode.ts';
import { estimate } from './estimate.ts';
import { readIds, readLimits } from './limits.ts';
import { startStream } from './stream.ts';

/** OpenAI's Chat Completions and Embeddings, as OpenAI and the servers compatible with it speak them. */
export const openai: Protocol = {
  name: 'openai',
  auth: { header: 'authorization', prefix: 'Bearer ' },
  encode,
  decodeWhole,
  startStream,
  classify: (failure, _provider, now) => classify(failure, now),
  readLimits,
  readIds,
  estimate,
  readUsage,
};

import { readIds } from '../ids.ts';
import { readLimits } from '../limits.ts';
import type { Protocol } from '../provider.ts';
import { classify } from './classify.ts';
import { decodeWhole } from './decode.ts';
import { encode } from './encode.ts';
import { estimate } from './estimate.ts';
import { startStream } from './stream.ts';

/** OpenAI's Chat Completions and Embeddings, as OpenAI and the servers compatible with it speak them. */
export const openai: Protocol = {
  name: 'openai',
  auth: { kind: 'header', header: 'authorization', prefix: 'Bearer ' },
  capabilities: {
    tools: true,
    images: 'both',
    files: true,
    audio: true,
    jsonSchema: 'native',
    jsonObject: true,
    reasoning: true,
    promptCache: 'automatic',
    continuation: false,
    embeddings: { maxInputs: 2048 },
    models: true,
  },
  encode,
  decodeWhole,
  startStream,
  classify: (failure, _provider, now) => classify(failure, now),
  readLimits,
  readIds,
  estimate,
};

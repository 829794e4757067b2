import { readIds } from '../ids.ts';
import { createLimitReader } from '../limits.ts';
import { estimate } from '../openai/estimate.ts';
import type { Protocol } from '../provider.ts';
import { classify } from './classify.ts';
import { decodeWhole } from './decode.ts';
import { encode } from './encode.ts';
import { startStream } from './stream.ts';

/** Cohere's chat and embeddings, version 2. */
export const cohere: Protocol = {
  name: 'cohere',
  auth: { kind: 'header', header: 'authorization', prefix: 'Bearer ' },
  capabilities: {
    tools: true,
    images: 'both',
    files: false,
    audio: false,
    jsonSchema: 'native',
    jsonObject: true,
    reasoning: true,
    promptCache: 'automatic',
    continuation: false,
    embeddings: { maxInputs: 96 },
    models: true,
  },
  encode,
  decodeWhole,
  startStream,
  classify,
  readLimits: createLimitReader(),
  readIds,
  estimate,
};

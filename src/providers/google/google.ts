import { readIds } from '../ids.ts';
import { createLimitReader } from '../limits.ts';
import { estimate } from '../openai/estimate.ts';
import type { Protocol } from '../provider.ts';
import { classify } from './classify.ts';
import { decodeWhole } from './decode.ts';
import { encode } from './encode.ts';
import { startStream } from './stream.ts';

/** Gemini's `generateContent`, as AI Studio and Vertex AI speak it. */
export const google: Protocol = {
  name: 'google',
  auth: {
    kind: 'header',
    header: 'x-goog-api-key',
    prefix: '',
    // Access tokens of OAuth, as service accounts and `gcloud` make them.
    unless: [{ looks: /^ya29\./, header: 'authorization', prefix: 'Bearer ' }],
  },
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
    embeddings: { maxInputs: 100 },
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

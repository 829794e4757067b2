import { readIds } from '../ids.ts';
import { estimate } from '../openai/estimate.ts';
import type { Protocol } from '../provider.ts';
import { classify } from './classify.ts';
import { decodeWhole } from './decode.ts';
import { encode } from './encode.ts';
import { startStream } from './stream.ts';

/** Amazon Bedrock's Converse, its embeddings by InvokeModel, and its list of models. */
export const bedrock: Protocol = {
  name: 'bedrock',
  auth: { kind: 'aws', region: 'us-east-1', service: 'bedrock' },
  capabilities: {
    tools: true,
    images: 'data',
    files: true,
    audio: false,
    jsonSchema: 'tool',
    jsonObject: true,
    reasoning: true,
    promptCache: 'markers',
    // Some models continue an answer, others refuse to.
    continuation: false,
    // Titan and Nova take one, Cohere 96.
    embeddings: { maxInputs: 1 },
    models: true,
  },
  encode,
  decodeWhole,
  startStream,
  classify,
  // No header tells a limit.
  readLimits: () => [],
  readIds,
  estimate,
};

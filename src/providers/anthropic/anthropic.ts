import { readIds } from '../ids.ts';
import { createLimitReader } from '../limits.ts';
import { estimate } from '../openai/estimate.ts';
import type { Protocol } from '../provider.ts';
import { classify } from './classify.ts';
import { decodeWhole } from './decode.ts';
import { encode } from './encode.ts';
import { startStream } from './stream.ts';

/** Anthropic's Messages. */
export const anthropic: Protocol = {
  name: 'anthropic',
  auth: {
    kind: 'header',
    header: 'x-api-key',
    prefix: '',
    // Tokens of people who signed in.
    unless: [{ looks: /^sk-ant-oat/, header: 'authorization', prefix: 'Bearer ' }],
  },
  capabilities: {
    tools: true,
    images: 'both',
    files: true,
    audio: false,
    jsonSchema: 'native',
    jsonObject: true,
    reasoning: true,
    promptCache: 'markers',
    continuation: true,
    embeddings: false,
    models: true,
  },
  encode,
  decodeWhole,
  startStream,
  classify,
  readLimits: createLimitReader(),
  readIds,
  // The output limit of Anthropic counts what is written, not `max_tokens`, so only a caller's own is reserved.
  estimate,
};

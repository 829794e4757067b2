import { openai } from '../openai/openai.ts';
import type { Protocol } from '../provider.ts';

export const cohere: Protocol = { ...openai, name: 'cohere', auth: { kind: 'header', header: 'authorization', prefix: 'Bearer ' } };

import { openai } from '../openai/openai.ts';
import type { Protocol } from '../provider.ts';

export const google: Protocol = { ...openai, name: 'google', auth: { kind: 'header', header: 'x-goog-api-key', prefix: '' } };

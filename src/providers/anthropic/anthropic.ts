import { openai } from '../openai/openai.ts';
import type { Protocol } from '../provider.ts';

export const anthropic: Protocol = { ...openai, name: 'anthropic', auth: { kind: 'header', header: 'x-api-key', prefix: '' } };

import { openai } from '../openai/openai.ts';
import type { Protocol } from '../provider.ts';

export const bedrock: Protocol = { ...openai, name: 'bedrock', auth: { kind: 'aws', region: 'us-east-1', service: 'bedrock' } };

/** OpenAI's Agents SDK over keywheel: an agent with a tool, which asks several times in one run. */
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import { createClient } from 'keywheel';
import OpenAI from 'openai';
import { z } from 'zod';
import { openProvider } from './provider.ts';

// Traces would go to OpenAI, with a key of their own.
setTracingDisabled(true);

await using provider = await openProvider('openai', ({ body }) =>
  JSON.stringify(body).includes('24 degrees')
    ? 'Warm enough for a T-shirt.'
    : { toolCalls: [{ name: 'temperature', arguments: '{"city":"Lisbon"}' }] },
);
await using client = createClient({ env: provider.env });
client.on('attempt-finished', ({ attempt }) => console.log(`(answered with ${attempt.key})`));

const openAIClient = new OpenAI({ apiKey: 'none', baseURL: provider.url, fetch: client.fetch });
const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient, useResponses: false }) });

const temperature = tool({
  name: 'temperature',
  description: 'The temperature in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => {
    console.log(`temperature of ${city}`);
    return `24 degrees in ${city}`;
  },
});
const agent = new Agent({ name: 'Dresser', model: 'gpt-5-mini', instructions: 'Say what to wear.', tools: [temperature] });
const { finalOutput } = await runner.run(agent, 'What shall I wear in Lisbon today?');
console.log(finalOutput);

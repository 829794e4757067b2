import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { toOpenAIFailure } from './openai.ts';
import { City, retriesOf, type Sdk, Weather } from './sdk.ts';

// Its traces would go to OpenAI.
setTracingDisabled(true);

export const agents: Sdk = {
  name: '@openai/agents',
  protocol: 'openai',
  retries: 'heeds',
  abortsAs: 'APIUserAbortError',
  connect(to) {
    const openAIClient = new OpenAI({ apiKey: to.apiKey, baseURL: `${to.url}/v1`, fetch: to.fetch, ...retriesOf(to) });
    const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient, useResponses: false }) });
    const shared = { name: 'One', model: 'gpt-5-mini' };
    return {
      text: async (prompt, signal) => (await runner.run(new Agent(shared), prompt, signal && { signal })).finalOutput ?? '',
      async *stream(prompt, signal) {
        const running = await runner.run(new Agent(shared), prompt, { stream: true, ...(signal && { signal }) });
        yield* running.toTextStream();
        await running.completed;
      },
      async tools(prompt, measure) {
        const temperature = tool({
          name: 'temperature',
          description: 'Now',
          parameters: City,
          execute: ({ city }) => measure(city),
          // A measure that fails is the test's failure.
          errorFunction: null,
        });
        return (await runner.run(new Agent({ ...shared, tools: [temperature] }), prompt)).finalOutput ?? '';
      },
      structured: async (prompt) => (await runner.run(new Agent({ ...shared, outputType: Weather }), prompt)).finalOutput,
    };
  },
  toFailure: toOpenAIFailure,
};

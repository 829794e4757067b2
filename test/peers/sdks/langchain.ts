import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { toOpenAIFailure } from './openai.ts';
import { City, retriesOf, type Sdk, Weather } from './sdk.ts';

export const langchain: Sdk = {
  name: '@langchain/openai',
  protocol: 'openai',
  retries: 'deaf',
  abortsAs: 'Error',
  connect(to) {
    const shared = { apiKey: to.apiKey, configuration: { baseURL: `${to.url}/v1`, fetch: to.fetch }, ...retriesOf(to) };
    const model = new ChatOpenAI({ model: 'gpt-5-mini', ...shared });
    return {
      text: async (prompt, signal) => (await model.invoke(prompt, signal && { signal })).text,
      async *stream(prompt, signal) {
        for await (const chunk of await model.stream(prompt, signal && { signal })) yield chunk.text;
      },
      async tools(prompt, measure) {
        const temperature = tool(({ city }) => measure(city), { name: 'temperature', description: 'Now', schema: City });
        const able = model.bindTools([temperature]);
        const question = new HumanMessage(prompt);
        const asking = await able.invoke([question]);
        const results = await Promise.all((asking.tool_calls ?? []).map((call) => temperature.invoke(call) as Promise<ToolMessage>));
        return (await able.invoke([question, asking, ...results])).text;
      },
      structured: (prompt) => model.withStructuredOutput(Weather).invoke(prompt),
      embed: (texts) => new OpenAIEmbeddings({ model: 'text-embedding-3-small', ...shared }).embedDocuments([...texts]),
    };
  },
  toFailure: toOpenAIFailure,
};

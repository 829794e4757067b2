import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { anyFailure, City, type Failure, retriesOf, type Sdk, Weather } from './sdk.ts';

const MODEL = 'gpt-5-mini';

export const openai: Sdk = {
  name: 'openai',
  protocol: 'openai',
  retries: 'heeds',
  abortsAs: 'APIUserAbortError',
  connect(to) {
    const client = new OpenAI({ apiKey: to.apiKey, baseURL: `${to.url}/v1`, fetch: to.fetch, ...retriesOf(to) });
    const asked = (content: string) => ({ model: MODEL, messages: [{ role: 'user' as const, content }] });
    return {
      async text(prompt, signal) {
        const reply = await client.chat.completions.create(asked(prompt), { signal });
        return reply.choices[0]?.message.content ?? '';
      },
      async *stream(prompt, signal) {
        for await (const chunk of await client.chat.completions.create({ ...asked(prompt), stream: true }, { signal })) {
          yield chunk.choices[0]?.delta.content ?? '';
        }
      },
      async tools(prompt, measure) {
        const temperature = zodFunction({ name: 'temperature', parameters: City, function: ({ city }) => measure(city) });
        return (await client.chat.completions.runTools({ ...asked(prompt), tools: [temperature] }).finalContent()) ?? '';
      },
      async structured(prompt) {
        const reply = await client.chat.completions.parse({ ...asked(prompt), response_format: zodResponseFormat(Weather, 'weather') });
        return reply.choices[0]?.message.parsed;
      },
      async embed(texts) {
        const { data } = await client.embeddings.create({ model: 'text-embedding-3-small', input: [...texts] });
        return data.map(({ embedding }) => embedding);
      },
    };
  },
  toFailure: toOpenAIFailure,
};

/** Of frameworks too that let the SDK's errors through. */
export function toOpenAIFailure(error: unknown): Failure {
  if (!(error instanceof OpenAI.APIError)) return anyFailure(error);
  const { message } = (error.error ?? error) as { readonly message: string };
  const headers = error.headers as Headers | undefined;
  return {
    type: error.constructor.name,
    status: error.status as number | undefined,
    message,
    retryAfter: headers?.get('retry-after') ?? undefined,
  };
}

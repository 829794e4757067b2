import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import {
  APICallError,
  embedMany,
  generateText,
  type EmbeddingModel,
  type LanguageModel,
  Output,
  RetryError,
  stepCountIs,
  streamText,
  tool,
} from 'ai';
import { anyFailure, City, type Connection, type Failure, retriesOf, type Sdk, Weather } from './sdk.ts';

interface Models {
  readonly language: LanguageModel;
  readonly embedding?: EmbeddingModel;
}

/** One provider of the AI SDK over its own wire. */
function ai(name: string, protocol: Sdk['protocol'], toModels: (to: Connection) => Models): Sdk {
  return {
    name: `ai with ${name}`,
    protocol,
    retries: 'deaf',
    abortsAs: 'AbortError',
    connect(to) {
      const { language: model, embedding } = toModels(to);
      const retries = retriesOf(to);
      return {
        async text(prompt, abortSignal) {
          return (await generateText({ model, prompt, ...retries, ...(abortSignal && { abortSignal }) })).text;
        },
        async *stream(prompt, abortSignal) {
          const { fullStream } = streamText({ model, prompt, ...retries, onError: () => {}, ...(abortSignal && { abortSignal }) });
          for await (const part of fullStream) {
            if (part.type === 'error') throw part.error;
            if (part.type === 'text-delta') yield part.text;
          }
        },
        async tools(prompt, measure) {
          const temperature = tool({ inputSchema: City, execute: ({ city }) => measure(city) });
          return (await generateText({ model, prompt, ...retries, tools: { temperature }, stopWhen: stepCountIs(2) })).text;
        },
        async structured(prompt) {
          return (await generateText({ model, prompt, ...retries, output: Output.object({ schema: Weather }) })).output;
        },
        ...(embedding !== undefined && {
          embed: async (texts) => (await embedMany({ model: embedding, values: [...texts], ...retries })).embeddings,
        }),
      };
    },
    toFailure,
  };
}

function toFailure(error: unknown): Failure {
  if (RetryError.isInstance(error)) return { ...toFailure(error.lastError), type: `RetryError of ${error.errors.length}` };
  if (!APICallError.isInstance(error)) return anyFailure(error);
  return {
    type: 'APICallError',
    status: error.statusCode,
    message: error.message,
    retryAfter: error.responseHeaders?.['retry-after'],
  };
}

export const aiOpenAI = ai('@ai-sdk/openai', 'openai', ({ url, apiKey, fetch }) => {
  const provider = createOpenAI({ apiKey, baseURL: `${url}/v1`, fetch });
  return { language: provider.chat('gpt-5-mini'), embedding: provider.embedding('text-embedding-3-small') };
});

export const aiAnthropic = ai('@ai-sdk/anthropic', 'anthropic', ({ url, apiKey, fetch }) => ({
  language: createAnthropic({ apiKey, baseURL: `${url}/v1`, fetch })('claude-haiku-4-5'),
}));

export const aiGoogle = ai('@ai-sdk/google', 'google', ({ url, apiKey, fetch }) => {
  const provider = createGoogleGenerativeAI({ apiKey, baseURL: `${url}/v1beta`, fetch });
  return { language: provider('gemini-3-pro-preview'), embedding: provider.embedding('gemini-embedding-001') };
});

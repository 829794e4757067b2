/**
 * The peers, each called as its documentation says, retries off. They are installed in `bench/` alone, so that the project's own types
 * know nothing of them: what is used of each is written down here.
 */
import { begun, count, type OpenSut } from './sut.ts';
import { MODEL, QUESTION, REQUEST } from './traffic.ts';

interface OpenAiClient {
  readonly chat: {
    readonly completions: {
      create(request: object): Promise<unknown>;
    };
  };
}

/** A specifier that the compiler does not follow. */
const load = async <Module>(name: string): Promise<Module> => (await import(name)) as Module;

export const openOpenAi: OpenSut = async ({ origin }) => {
  const { OpenAI } = await load<{ OpenAI: new (options: object) => OpenAiClient }>('openai');
  const client = new OpenAI({ apiKey: 'sk-bench-0', baseURL: `${origin}/v1`, maxRetries: 0 });
  // With `stream: true` the SDK answers an iterable.
  const openStream = async () => (await client.chat.completions.create({ ...REQUEST, stream: true })) as AsyncIterable<unknown>;
  return {
    call: () => client.chat.completions.create(REQUEST),
    stream: async () => count(await openStream()),
    hold: async () => begun(await openStream()),
  };
};

export const openAiSdk: OpenSut = async ({ origin }) => {
  const { generateText, streamText } = await load<{
    readonly generateText: (request: object) => Promise<unknown>;
    readonly streamText: (request: object) => { readonly textStream: AsyncIterable<unknown> };
  }>('ai');
  const { createOpenAI } = await load<{ readonly createOpenAI: (options: object) => { chat(model: string): unknown } }>('@ai-sdk/openai');
  const model = createOpenAI({ apiKey: 'sk-bench-0', baseURL: `${origin}/v1` }).chat(MODEL);
  const question = { model, maxRetries: 0, messages: [{ role: 'user', content: QUESTION }] };
  return {
    call: () => generateText(question),
    stream: () => count(streamText(question).textStream),
    hold: () => begun(streamText(question).textStream),
  };
};

export const openLangChain: OpenSut = async ({ origin }) => {
  const { ChatOpenAI } = await load<{
    ChatOpenAI: new (options: object) => {
      invoke(messages: unknown): Promise<unknown>;
      stream(messages: unknown): Promise<AsyncIterable<unknown>>;
    };
  }>('@langchain/openai');
  const model = new ChatOpenAI({ model: MODEL, apiKey: 'sk-bench-0', maxRetries: 0, configuration: { baseURL: `${origin}/v1` } });
  const messages = [{ role: 'user', content: QUESTION }];
  return {
    call: () => model.invoke(messages),
    stream: async () => count(await model.stream(messages)),
    hold: async () => begun(await model.stream(messages)),
  };
};

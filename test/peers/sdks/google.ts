import { ApiError, type Content, GoogleGenAI, Type } from '@google/genai';
import { z } from 'zod';
import { anyFailure, type Sdk, Weather } from './sdk.ts';

const MODEL = 'gemini-3-pro-preview';

const TOOL = {
  name: 'temperature',
  description: 'Now',
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
};

export const google: Sdk = {
  name: '@google/genai',
  protocol: 'google',
  retries: 'none',
  abortsAs: 'AbortError',
  connect(to) {
    const { models } = new GoogleGenAI({ apiKey: to.apiKey, httpOptions: { baseUrl: to.url, fetch: to.fetch } });
    return {
      async text(prompt, abortSignal) {
        const config = abortSignal === undefined ? {} : { abortSignal };
        return (await models.generateContent({ model: MODEL, contents: prompt, config })).text ?? '';
      },
      async *stream(prompt, abortSignal) {
        const config = abortSignal === undefined ? {} : { abortSignal };
        for await (const piece of await models.generateContentStream({ model: MODEL, contents: prompt, config })) yield piece.text ?? '';
      },
      async tools(prompt, measure) {
        const config = { tools: [{ functionDeclarations: [TOOL] }] };
        const contents: Content[] = [{ role: 'user', parts: [{ text: prompt }] }];
        const asking = await models.generateContent({ model: MODEL, contents, config });
        const [call] = asking.functionCalls ?? [];
        const said = asking.candidates?.[0]?.content;
        if (call?.name === undefined || said === undefined) throw new TypeError(`No tool was asked for: ${asking.text}`);
        const response = { output: measure(String(call.args?.['city'])) };
        contents.push(said, { role: 'user', parts: [{ functionResponse: { name: call.name, response } }] });
        return (await models.generateContent({ model: MODEL, contents, config })).text ?? '';
      },
      async structured(prompt) {
        const config = { responseMimeType: 'application/json', responseJsonSchema: z.toJSONSchema(Weather) };
        return JSON.parse((await models.generateContent({ model: MODEL, contents: prompt, config })).text ?? '') as unknown;
      },
      async embed(texts) {
        const { embeddings = [] } = await models.embedContent({ model: 'gemini-embedding-001', contents: [...texts] });
        return embeddings.map(({ values = [] }) => values);
      },
    };
  },
  toFailure(error) {
    if (!(error instanceof ApiError)) return anyFailure(error);
    // Its message is the body, of a stream behind some words.
    const { error: said } = JSON.parse(error.message.slice(error.message.indexOf('{'))) as { readonly error: { readonly message: string } };
    return { type: error.name, status: error.status, message: said.message };
  },
};

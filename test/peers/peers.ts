import Anthropic from '@anthropic-ai/sdk';
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createCohere } from '@ai-sdk/cohere';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createGroq } from '@ai-sdk/groq';
import { createMistral } from '@ai-sdk/mistral';
import { createOpenAI } from '@ai-sdk/openai';
import { createPerplexity } from '@ai-sdk/perplexity';
import { createXai } from '@ai-sdk/xai';
import { GoogleGenAI, type GenerateContentResponse } from '@google/genai';
import { generateText, jsonSchema, type LanguageModel, streamText, tool, type ToolSet } from 'ai';
import OpenAI from 'openai';
import { parse, type Said } from './said.ts';

/** Asks one client for one answer of the server at `url`. */
export type Peer = (url: string, stream: boolean, tools: readonly string[]) => Promise<Said>;

const KEY = 'sk-test-0123456789abcdef';
const PROMPT = 'Hi';

export const openai: Peer = async (url, stream) => {
  const client = new OpenAI({ apiKey: KEY, baseURL: url, maxRetries: 0 });
  const request = { model: 'm', messages: [{ role: 'user' as const, content: PROMPT }] };
  const reply = stream
    ? await client.chat.completions.stream({ ...request, stream_options: { include_usage: true } }).finalChatCompletion()
    : await client.chat.completions.create(request);
  const [choice] = reply.choices;
  return {
    text: choice?.message.content ?? '',
    tools: (choice?.message.tool_calls ?? []).map((call) =>
      call.type === 'function' ? { name: call.function.name, args: parse(call.function.arguments) } : { name: call.type, args: {} },
    ),
    finish: String(choice?.finish_reason),
    usage: { input: reply.usage?.prompt_tokens, output: reply.usage?.completion_tokens },
  };
};

const ANTHROPIC_ENDS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

export const anthropic: Peer = async (url, stream) => {
  const client = new Anthropic({ apiKey: KEY, baseURL: url, maxRetries: 0 });
  const request = { model: 'claude-haiku-4-5', max_tokens: 1000, messages: [{ role: 'user' as const, content: PROMPT }] };
  const reply = stream ? await client.messages.stream(request).finalMessage() : await client.messages.create(request);
  const { usage } = reply;
  return {
    text: reply.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    tools: reply.content.flatMap((block) => (block.type === 'tool_use' ? [{ name: block.name, args: block.input }] : [])),
    finish: ANTHROPIC_ENDS[String(reply.stop_reason)] ?? String(reply.stop_reason),
    usage: {
      input: usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0),
      output: usage.output_tokens,
    },
  };
};

const GOOGLE_ENDS: Readonly<Record<string, string>> = { STOP: 'stop', MAX_TOKENS: 'length', SAFETY: 'content_filter' };

export const google: Peer = async (url, stream) => {
  const client = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: url } });
  const request = { model: 'gemini-3-pro', contents: PROMPT };
  const replies: GenerateContentResponse[] = [];
  if (stream) for await (const piece of await client.models.generateContentStream(request)) replies.push(piece);
  else replies.push(await client.models.generateContent(request));
  const parts = replies.flatMap((reply) => reply.candidates?.[0]?.content?.parts ?? []);
  const calls = parts.flatMap((part) => (part.functionCall === undefined ? [] : [part.functionCall]));
  const usage = replies.findLast((reply) => reply.usageMetadata !== undefined)?.usageMetadata;
  const finish = String(replies.findLast((reply) => reply.candidates?.[0]?.finishReason !== undefined)?.candidates?.[0]?.finishReason);
  const output = usage?.candidatesTokenCount ?? usage?.thoughtsTokenCount;
  return {
    text: parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join(''),
    tools: calls.map(({ name = '', args = {} }) => ({ name, args })),
    finish: finish === 'STOP' && calls.length > 0 ? 'tool_calls' : (GOOGLE_ENDS[finish] ?? finish),
    usage: {
      input: usage?.promptTokenCount === undefined ? undefined : usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0),
      output: output === undefined ? undefined : (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
    },
  };
};

const AI_ENDS: Readonly<Record<string, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
};

/** One provider of the AI SDK. */
export function ai(toModel: (baseURL: string) => LanguageModel): Peer {
  return async (url, stream, names) => {
    const tools: ToolSet = Object.fromEntries(names.map((name) => [name, tool({ inputSchema: jsonSchema({ type: 'object' }) })]));
    const request = { model: toModel(url), prompt: PROMPT, maxRetries: 0, tools };
    // Errors of a stream come from the promises below.
    const reply = stream ? streamText({ ...request, onError: () => {} }) : await generateText(request);
    const [text, calls, finish, usage] = [await reply.text, await reply.toolCalls, await reply.finishReason, await reply.usage];
    return {
      text,
      tools: calls.filter((call) => call.providerExecuted !== true).map((call) => ({ name: call.toolName, args: call.input as unknown })),
      finish: AI_ENDS[finish] ?? finish,
      usage: { input: usage.inputTokens, output: usage.outputTokens },
    };
  };
}

export const aiSdk = {
  openai: ai((baseURL) => createOpenAI({ apiKey: KEY, baseURL }).chat('gpt-5-mini')),
  anthropic: ai((baseURL) => createAnthropic({ apiKey: KEY, baseURL })('claude-haiku-4-5')),
  google: ai((baseURL) => createGoogleGenerativeAI({ apiKey: KEY, baseURL })('gemini-3-pro')),
  cohere: ai((baseURL) => createCohere({ apiKey: KEY, baseURL })('command-a')),
  mistral: ai((baseURL) => createMistral({ apiKey: KEY, baseURL })('mistral-small')),
  groq: ai((baseURL) => createGroq({ apiKey: KEY, baseURL })('llama')),
  deepseek: ai((baseURL) => createDeepSeek({ apiKey: KEY, baseURL })('deepseek-chat')),
  xai: ai((baseURL) => createXai({ apiKey: KEY, baseURL })('grok-4')),
  perplexity: ai((baseURL) => createPerplexity({ apiKey: KEY, baseURL })('sonar')),
  bedrock: ai((baseURL) => createAmazonBedrock({ apiKey: KEY, region: 'us-east-1', baseURL })('anthropic.claude-haiku-4-5')),
};

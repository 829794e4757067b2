import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import OlderAnthropic from 'anthropic-0';
import { anyFailure, City, type Failure, retriesOf, type Sdk, type Session, Weather } from './sdk.ts';

const TOOL = {
  name: 'temperature',
  description: 'Now',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
};

/** Shows its key as a bearer. */
export const anthropic: Sdk = {
  name: '@anthropic-ai/sdk',
  protocol: 'anthropic',
  retries: 'heeds',
  abortsAs: 'APIUserAbortError',
  connect: (to) => toSession(new Anthropic({ apiKey: to.apiKey, baseURL: to.url, fetch: to.fetch, ...retriesOf(to) })),
  toFailure: (error) => (error instanceof Anthropic.APIError ? toFailure(error) : anyFailure(error)),
};

/** Shows its key in a header of Anthropic's own. */
export const olderAnthropic: Sdk = {
  name: '@anthropic-ai/sdk 0.137',
  protocol: 'anthropic',
  retries: 'heeds',
  abortsAs: 'APIUserAbortError',
  connect(to) {
    const client = new OlderAnthropic({ apiKey: to.apiKey, baseURL: to.url, fetch: to.fetch, ...retriesOf(to) });
    // What is used here is alike in both; types of two versions never fit.
    return toSession(client as unknown as Anthropic);
  },
  toFailure: (error) => (error instanceof OlderAnthropic.APIError ? toFailure(error) : anyFailure(error)),
};

function toSession(client: Anthropic): Session {
  const asked = (content: string) => ({
    model: 'claude-haiku-4-5' as const,
    max_tokens: 1000,
    messages: [{ role: 'user' as const, content }],
  });
  return {
    text: async (prompt, signal) => textOf((await client.messages.create(asked(prompt), { signal })).content),
    async *stream(prompt, signal) {
      for await (const event of await client.messages.create({ ...asked(prompt), stream: true }, { signal })) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text;
      }
    },
    async tools(prompt, measure) {
      const { messages, ...rest } = asked(prompt);
      const able = { ...rest, tools: [TOOL] };
      const { content } = await client.messages.create({ ...able, messages });
      const results = content
        .filter((block) => block.type === 'tool_use')
        .map(({ id, input }) => ({ type: 'tool_result' as const, tool_use_id: id, content: measure(City.parse(input).city) }));
      const told = [...messages, { role: 'assistant' as const, content }, { role: 'user' as const, content: results }];
      return textOf((await client.messages.create({ ...able, messages: told })).content);
    },
    async structured(prompt) {
      return (await client.messages.parse({ ...asked(prompt), output_config: { format: zodOutputFormat(Weather) } })).parsed_output;
    },
  };
}

function textOf(content: readonly { readonly type: string; readonly text?: string }[]): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

function toFailure(
  error: Error & { readonly status?: number | undefined; readonly error?: unknown; readonly headers?: Headers | undefined },
): Failure {
  // The body as it came: `{ type: 'error', error: { type, message } }`.
  const body = error.error as { readonly error?: { readonly message: string } } | undefined;
  const { message } = body?.error ?? error;
  return { type: error.constructor.name, status: error.status, message, retryAfter: error.headers?.get('retry-after') ?? undefined };
}

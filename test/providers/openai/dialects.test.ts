import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { RequestError } from '../../../src/errors.ts';
import { knownProviders } from '../../../src/providers/known.ts';
import { openai } from '../../../src/providers/openai/openai.ts';
import { aProvider } from '../support.ts';

/** A provider of that name at its usual place; any other speaks the protocol and nothing else is known of it. */
function providerOf(name: string, overrides: Parameters<typeof aProvider>[0] = {}) {
  return aProvider({ name, protocol: knownProviders[name]?.protocol ?? openai, ...overrides });
}

function encodeChat(name: string, request: Partial<ChatRequest>, stream = false): Record<string, unknown> {
  const provider = providerOf(name);
  const asked = { operation: 'chat', request: { ...HI, ...request } } as const;
  return JSON.parse(provider.protocol.encode({ asked, model: 'm', stream, provider }).body ?? '') as Record<string, unknown>;
}

function refusalOf(name: string, request: Partial<ChatRequest>): RequestError | undefined {
  try {
    encodeChat(name, request);
    return undefined;
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
}

const HI: ChatRequest = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };

const TOOL = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } } as const;
const CALL = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } } as const;

/** A conversation that crossed providers: their replies' own words are in it. */
const RICH: ChatRequest = {
  model: 'm',
  max_completion_tokens: 100,
  temperature: 0.5,
  tools: [{ ...TOOL, cache_control: { type: 'ephemeral' } }],
  tool_choice: 'auto',
  response_format: { type: 'text' },
  messages: [
    {
      role: 'developer',
      content: [
        { type: 'text', text: 'Be ' },
        { type: 'text', text: 'brief', cache_control: { type: 'ephemeral' } },
      ],
    },
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: null,
      refusal: null,
      reasoning: 'Hm',
      reasoning_content: 'Hm',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Hm', signature: 's', format: 'anthropic-claude-v1' },
        { type: 'reasoning.text', text: 'Hm', format: 'unknown' },
        { type: 'reasoning.encrypted', data: 'd', format: 'amazon-bedrock-v1' },
      ],
      annotations: [],
      native_finish_reason: 'end_turn',
      tool_calls: [{ ...CALL, index: 0, extra_content: { google: { thought_signature: 't' } } } as never],
    },
    { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: '42' }] },
  ],
};

const TEXTS = [
  { type: 'text', text: 'Be ' },
  { type: 'text', text: 'brief' },
];
const ANSWER = [{ type: 'text', text: '42' }];
const CALLS = { tool_calls: [CALL] };

/** What differs of the encoded conversation. */
interface Expected {
  readonly system?: unknown;
  readonly assistant?: object;
  readonly tool?: object;
  readonly body?: object;
}

function rich({ system, assistant = {}, tool = {}, body = {} }: Expected): unknown {
  return {
    model: 'm',
    temperature: 0.5,
    tools: [TOOL],
    tool_choice: 'auto',
    response_format: { type: 'text' },
    messages: [
      system ?? { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, ...CALLS, ...assistant },
      { role: 'tool', tool_call_id: 'call_1', content: '42', ...tool },
    ],
    ...body,
  };
}

const COMPLETION = { max_completion_tokens: 100 };
const TOKENS = { max_tokens: 100 };
const PARTS: Expected = { system: { role: 'system', content: TEXTS }, tool: { content: ANSWER } };
const DEVELOPER: Expected = { ...PARTS, system: { role: 'developer', content: TEXTS } };
const OTHERS = { refusal: null, reasoning: 'Hm', reasoning_content: 'Hm', annotations: [], native_finish_reason: 'end_turn' };
const UNKNOWN = { type: 'reasoning.text', text: 'Hm', format: 'unknown' };
const LENIENT = { ...OTHERS, reasoning_details: [UNKNOWN], tool_calls: [{ ...CALL, index: 0 }] };

const ROWS: Readonly<Record<string, Expected>> = {
  openai: { ...DEVELOPER, assistant: { refusal: null }, body: COMPLETION },
  azure: { ...DEVELOPER, assistant: { refusal: null }, body: COMPLETION },
  mistral: {
    ...PARTS,
    assistant: { tool_calls: [{ ...CALL, id: '74196fe72' }] },
    tool: { content: ANSWER, tool_call_id: '74196fe72' },
    body: TOKENS,
  },
  groq: { body: COMPLETION },
  deepseek: { assistant: { reasoning_content: 'Hm' }, body: TOKENS },
  xai: { body: COMPLETION },
  openrouter: {
    system: { role: 'developer', content: [TEXTS[0], { ...TEXTS[1], cache_control: { type: 'ephemeral' } }] },
    assistant: {
      refusal: null,
      reasoning: 'Hm',
      reasoning_details: [{ type: 'reasoning.text', text: 'Hm', signature: 's', format: 'anthropic-claude-v1' }, UNKNOWN],
      annotations: [],
    },
    tool: { content: ANSWER },
    body: { ...COMPLETION, tools: [{ ...TOOL, cache_control: { type: 'ephemeral' } }] },
  },
  together: { ...PARTS, assistant: { reasoning: 'Hm' }, body: TOKENS },
  fireworks: { ...PARTS, assistant: { reasoning_content: 'Hm' }, body: TOKENS },
  cerebras: { body: COMPLETION },
  moonshot: { assistant: { reasoning_content: 'Hm' }, body: COMPLETION },
  huggingface: { ...PARTS, body: COMPLETION },
  nvidia: { ...PARTS, body: TOKENS },
  github: { ...DEVELOPER, body: COMPLETION },
  zai: { assistant: { reasoning_content: 'Hm' }, body: TOKENS },
  ollama: { ...PARTS, assistant: LENIENT, body: TOKENS },
  vllm: { ...PARTS, assistant: LENIENT, body: COMPLETION },
  lmstudio: { ...PARTS, assistant: LENIENT, body: TOKENS },
  llamacpp: { ...PARTS, assistant: LENIENT, body: TOKENS },
  own: { ...DEVELOPER, assistant: LENIENT, body: COMPLETION },
};

describe('a conversation that crossed providers', () => {
  test.each(Object.entries(ROWS))('as %s takes it', (name, expected) => {
    expect(encodeChat(name, RICH)).toEqual(rich(expected));
  });

  test('all dialects are in the table, but Perplexity, which has no tools', () => {
    const speaking = Object.keys(knownProviders).filter((name) => knownProviders[name]?.protocol.name === 'openai');
    expect(Object.keys(ROWS).toSorted()).toEqual([...speaking.filter((name) => name !== 'perplexity'), 'own'].toSorted());
  });

  test('as Perplexity takes it: tools are refused wherever they are, or left out', () => {
    const { tools: _tools, tool_choice: _choice, ...told } = RICH;
    expect(refusalOf('perplexity', { tools: [TOOL] })?.message).toContain("'tools' cannot be expressed there");
    expect(refusalOf('perplexity', told)?.message).toContain("'messages[2].tool_calls' cannot be expressed there");
    expect(refusalOf('perplexity', { messages: RICH.messages.slice(3) })?.message).toContain("'messages[0]' cannot be expressed there");
    expect(encodeChat('perplexity', { ...told, dropUnsupported: ['tools'] })).toEqual({
      model: 'm',
      ...TOKENS,
      temperature: 0.5,
      response_format: { type: 'text' },
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: null },
      ],
    });
  });

  test('a refusal is text where nobody knows refusals', () => {
    const messages: ChatRequest['messages'] = [{ role: 'assistant', content: null, refusal: 'No' }];
    expect(encodeChat('groq', { messages })['messages']).toEqual([{ role: 'assistant', content: 'No' }]);
    expect(encodeChat('openai', { messages })['messages']).toEqual([{ role: 'assistant', content: null, refusal: 'No' }]);
  });
});

describe('what a provider cannot express is refused by its name, or left out', () => {
  const values: Readonly<Record<string, unknown>> = {
    n: 2,
    seed: 7,
    logprobs: true,
    top_logprobs: 2,
    logit_bias: { '1': 1 },
    user: 'u',
    metadata: { a: 'b' },
    stop: ['x'],
    frequency_penalty: 1,
    presence_penalty: 1,
    parallel_tool_calls: false,
    service_tier: 'flex',
    store: true,
  };
  const logprobs = ['logprobs', 'top_logprobs', 'logit_bias'];
  test.each<[string, readonly string[]]>([
    ['openai', []],
    ['azure', []],
    ['mistral', [...logprobs, 'user', 'service_tier', 'store']],
    ['groq', [...logprobs, 'n', 'metadata', 'store']],
    ['deepseek', ['n', 'seed', 'logit_bias', 'user', 'metadata', 'parallel_tool_calls', 'service_tier', 'store']],
    ['xai', ['logit_bias', 'metadata', 'store']],
    ['openrouter', []],
    ['together', ['user', 'metadata', 'store']],
    ['fireworks', ['store']],
    ['perplexity', [...logprobs, 'n', 'seed', 'stop', 'user', 'metadata', 'service_tier', 'store', 'parallel_tool_calls']],
    ['cerebras', ['logit_bias', 'n', 'metadata', 'frequency_penalty', 'presence_penalty', 'store']],
    ['moonshot', ['logit_bias', 'seed', 'user', 'metadata', 'parallel_tool_calls', 'service_tier', 'store']],
    ['huggingface', []],
    ['nvidia', ['store']],
    ['github', []],
    [
      'zai',
      [...logprobs, 'n', 'seed', 'metadata', 'frequency_penalty', 'presence_penalty', 'parallel_tool_calls', 'service_tier', 'store'],
    ],
    ['ollama', ['n', 'logit_bias']],
    ['vllm', []],
    ['lmstudio', ['n']],
    ['llamacpp', []],
    ['own', []],
  ])('%s', (name, refused) => {
    const found = Object.keys(values).filter((field) => {
      const error = refusalOf(name, { [field]: values[field] });
      return error?.message.includes(`to '${name}' as '${field}' cannot be expressed there`) === true && error.class === 'bad_request';
    });
    expect(found.toSorted()).toEqual([...refused].toSorted());
    const sent = encodeChat(name, { ...values, dropUnsupported: refused });
    expect(refused.filter((field) => field in sent)).toEqual([]);
    // Null and the default say nothing.
    expect(encodeChat(name, { n: 1, logprobs: false, seed: null, parallel_tool_calls: true })['messages']).toEqual(HI.messages);
  });

  test('names of messages', () => {
    const messages: ChatRequest['messages'] = [{ role: 'user', content: 'Hi', name: 'ann' }];
    expect(encodeChat('xai', { messages })['messages']).toEqual(messages);
    for (const name of ['groq', 'mistral', 'perplexity', 'zai'])
      expect(refusalOf(name, { messages })?.message).toContain("'messages[0].name' cannot be expressed there");
    expect(encodeChat('groq', { messages, dropUnsupported: ['name'] })['messages']).toEqual(HI.messages);
  });

  const parts = {
    image: { type: 'image_url', image_url: { url: 'https://a.test/i.png' } },
    data: { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    file: { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } },
    audio: { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
  } as const;
  test.each<[string, readonly string[]]>([
    ['openai', []],
    ['mistral', []],
    ['groq', ['file', 'audio']],
    ['deepseek', ['image', 'data', 'file', 'audio']],
    ['openrouter', []],
    ['perplexity', ['audio']],
    ['cerebras', ['image', 'data', 'file', 'audio']],
    ['moonshot', ['image', 'file', 'audio']],
    ['ollama', ['image', 'file', 'audio']],
    ['vllm', ['file']],
    ['own', []],
  ])('parts of a message at %s', (name, refused) => {
    const found = Object.entries(parts).filter(([, part]) => {
      const message = refusalOf(name, { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, part] }] })?.message;
      return message?.includes(`'messages[0].content[1]'`) === true && message.includes(`list '${part.type}' in 'dropUnsupported'`);
    });
    expect(found.map(([part]) => part)).toEqual(refused);
    const content = [{ type: 'text', text: 'a' } as const, parts.audio];
    const { messages } = encodeChat('groq', { messages: [{ role: 'user', content }], dropUnsupported: ['input_audio'] });
    expect(messages).toEqual([{ role: 'user', content: 'a' }]);
  });

  test('documents and audio have forms of their own', () => {
    const contentOf = (name: string, part: object): unknown =>
      (encodeChat(name, { messages: [{ role: 'user', content: [part as never] }] })['messages'] as { content: unknown }[])[0]?.content;
    expect(contentOf('mistral', parts.file)).toEqual([
      { type: 'document_url', document_url: parts.file.file.file_data, document_name: 'a.pdf' },
    ]);
    expect(contentOf('mistral', { type: 'file', file: { file_id: 'f' } })).toEqual([{ type: 'file', file_id: 'f' }]);
    expect(contentOf('mistral', parts.audio)).toEqual([{ type: 'input_audio', input_audio: 'AAAA' }]);
    expect(contentOf('perplexity', parts.file)).toEqual([{ type: 'file_url', file_url: { url: 'AAAA' }, file_name: 'a.pdf' }]);
    expect(contentOf('openai', parts.file)).toEqual([parts.file]);
  });

  test('of tools that failed say so where it is known that nobody is too strict for it', () => {
    const failed = { role: 'tool', tool_call_id: 'call_1', content: 'no key', is_error: true } as const;
    const sent = (name: string): unknown => (encodeChat(name, { messages: [...HI.messages, failed] })['messages'] as readonly unknown[])[1];
    for (const name of ['openai', 'groq', 'deepseek'])
      expect(sent(name)).toEqual({ role: 'tool', tool_call_id: 'call_1', content: 'no key' });
    for (const name of ['vllm', 'own']) expect(sent(name)).toEqual(failed);
  });

  test('that refuse are texts where a server knows no refusals', () => {
    const part = { type: 'refusal', refusal: 'No.' } as never;
    const contentOf = (name: string): unknown =>
      (encodeChat(name, { messages: [...HI.messages, { role: 'assistant', content: [part] }] })['messages'] as { content: unknown }[])[1]
        ?.content;
    expect(contentOf('groq')).toBe('No.');
    expect(contentOf('together')).toEqual([{ type: 'text', text: 'No.' }]);
    for (const name of ['openai', 'azure', 'openrouter', 'own']) expect(contentOf(name)).toEqual([part]);
  });
});

describe('fields under other names', () => {
  test.each<[string, Partial<ChatRequest>, object]>([
    ['mistral', { seed: 7 }, { random_seed: 7 }],
    ['zai', { user: 'user-1' }, { user_id: 'user-1' }],
    ['mistral', { tools: [TOOL], tool_choice: 'required' }, { tools: [TOOL], tool_choice: 'any' }],
    ['zai', { tools: [TOOL], tool_choice: 'none' }, {}],
    ['ollama', { tools: [TOOL], tool_choice: 'auto' }, { tools: [TOOL], tool_choice: 'auto' }],
    ['openai', { max_tokens: 1, max_completion_tokens: 2 }, { max_completion_tokens: 2 }],
    ['mistral', { max_tokens: 1, max_completion_tokens: 2 }, { max_tokens: 2 }],
    ['own', { max_tokens: 1, max_completion_tokens: 2 }, { max_completion_tokens: 2 }],
    ['openai', { max_tokens: 1, stop: null }, { max_completion_tokens: 1 }],
    ['azure', { max_tokens: 1 }, { max_completion_tokens: 1 }],
    ['own', { max_tokens: 1 }, { max_tokens: 1 }],
    ['groq', { metadata: {}, stop: [], n: 1 }, { stop: [] }],
    ['perplexity', { metadata: {}, stop: [], tools: [] }, {}],
    ['ollama', { logit_bias: {} }, {}],
    ['own', { stop: null, top_k: 3 }, { stop: null, top_k: 3 }],
    ['groq', { safe: 1 }, { safe: 1 }],
  ])('%s: %j is %j', (name, request, body) => {
    expect(encodeChat(name, request)).toEqual({ model: 'm', messages: HI.messages, ...body });
  });

  test.each([
    [undefined, 'max_completion_tokens'],
    ['v1', 'max_completion_tokens'],
    ['preview', 'max_completion_tokens'],
    ['2024-10-21', 'max_completion_tokens'],
    ['2024-09-01-preview', 'max_completion_tokens'],
    ['2024-08-01-preview', 'max_tokens'],
    ['2024-06-01', 'max_tokens'],
  ])('Azure with the version %s limits by %s', (apiVersion, name) => {
    const provider = providerOf('azure', apiVersion === undefined ? {} : { apiVersion });
    const asked = { operation: 'chat', request: { ...HI, max_tokens: 5 } } as const;
    const body: unknown = JSON.parse(provider.protocol.encode({ asked, model: 'm', stream: false, provider }).body ?? '');
    expect(body).toEqual({ ...HI, [name]: 5 });
  });

  test.each([{ stop: ['x'] }, { metadata: { a: 'b' } }, { tools: [TOOL] }, { metadata: [] as never }, { stop: {} as never }])(
    'what says something is refused still: %j',
    (request) => {
      expect(refusalOf('perplexity', request)?.message).toContain(`'${Object.keys(request)[0]}'`);
    },
  );

  test('a tool that must be called is refused where none must', () => {
    expect(refusalOf('zai', { tools: [TOOL], tool_choice: 'required' })?.message).toContain("'tool_choice' knows no choice but");
  });

  test.each([
    ['openai', { include_usage: true }],
    ['mistral', undefined],
    ['perplexity', undefined],
    ['vllm', { include_usage: true }],
  ])('a stream of %s is asked to count with %j', (name, options) => {
    expect(encodeChat(name, { stream: true, stream_options: null }, true)['stream_options']).toEqual(options);
  });
});

describe('reasoning', () => {
  const high = { reasoning_effort: 'high' };
  const none = { reasoning_effort: 'none' };
  const budget = { thinking: { type: 'enabled', budget_tokens: 8000 } };
  const off = { thinking: { type: 'disabled' } };
  test.each<[string, object, object]>([
    ['openai', high, high],
    ['openai', budget, { reasoning_effort: 'medium' }],
    ['openai', { thinking: { type: 'enabled', budget_tokens: 1024 } }, { reasoning_effort: 'low' }],
    ['openai', { thinking: { type: 'enabled', budget_tokens: 32_000 } }, high],
    ['openai', { thinking: { type: 'adaptive' } }, { reasoning_effort: 'medium' }],
    ['openai', off, none],
    ['openai', { ...high, ...off }, high],
    ['openai', { reasoning_effort: null, thinking: null }, {}],
    ['mistral', { reasoning_effort: 'low' }, high],
    ['groq', { reasoning_effort: 'minimal' }, { reasoning_effort: 'low' }],
    ['perplexity', none, { reasoning_effort: 'minimal' }],
    ['deepseek', high, { thinking: { type: 'enabled' }, ...high }],
    ['deepseek', none, off],
    ['deepseek', budget, { thinking: { type: 'enabled' } }],
    ['zai', high, { thinking: { type: 'enabled' } }],
    ['zai', { ...high, ...off }, off],
    ['moonshot', high, high],
    ['moonshot', budget, { thinking: { type: 'enabled' } }],
    ['openrouter', high, { reasoning: { effort: 'high' } }],
    ['openrouter', budget, { reasoning: { max_tokens: 8000 } }],
    ['openrouter', off, { reasoning: { enabled: false } }],
    ['openrouter', { ...high, reasoning: { exclude: true } }, { reasoning: { exclude: true } }],
    ['together', high, high],
    ['together', none, { reasoning: { enabled: false } }],
    ['together', budget, { reasoning: { enabled: true } }],
    ['vllm', off, { chat_template_kwargs: { enable_thinking: false } }],
    ['llamacpp', high, high],
    ['ollama', off, none],
    ['own', { ...high, ...budget }, { ...high, ...budget }],
    ['groq', { reasoning_effort: 'constructor' }, { reasoning_effort: 'constructor' }],
    ['deepseek', { reasoning_effort: 'bogus' }, { thinking: { type: 'enabled' }, reasoning_effort: 'bogus' }],
    ['zai', { reasoning_effort: 'minimal' }, off],
    ['zai', { reasoning_effort: 'bogus', dropUnsupported: ['reasoning_effort'] }, {}],
  ])('%s: %j is %j', (name, request, body) => {
    expect(encodeChat(name, request)).toEqual({ model: 'm', messages: HI.messages, ...body });
  });
});

test('an effort that is only whether to think must be a known word', () => {
  const why = "'reasoning_effort' must be one of none, minimal, low, medium, high, xhigh, max there";
  expect(refusalOf('zai', { reasoning_effort: 'bogus' })?.message).toContain(why);
});

describe('going on with an assistant message', () => {
  const messages: ChatRequest['messages'] = [{ role: 'assistant', content: 'Once', prefix: true }];
  test.each<[string, object]>([
    ['mistral', { messages }],
    ['moonshot', { messages: [{ role: 'assistant', content: 'Once', partial: true }] }],
    ['vllm', { messages: [{ role: 'assistant', content: 'Once' }], add_generation_prompt: false, continue_final_message: true }],
    ['llamacpp', { messages: [{ role: 'assistant', content: 'Once' }] }],
    ['groq', { messages: [{ role: 'assistant', content: 'Once' }] }],
    ['own', { messages }],
  ])('at %s', (name, body) => {
    expect(encodeChat(name, { messages })).toEqual({ model: 'm', ...body });
  });
});

describe('where', () => {
  const chat = { operation: 'chat', request: HI } as const;
  const models = { operation: 'models', request: { model: '' } } as const;
  const embed = { operation: 'embed', request: { model: 'm', input: ['a'], dimensions: 8, user: 'u' } } as const;
  const urlOf = (name: string, asked: typeof chat | typeof models | typeof embed, overrides: object = {}, model = 'm'): string => {
    const provider = providerOf(name, { baseURL: 'https://h.test/v1', ...overrides });
    return provider.protocol.encode({ asked, model, stream: false, provider }).url;
  };

  test('Azure has an address for each deployment, with a version', () => {
    const dated = { baseURL: 'https://r.openai.azure.com/openai', apiVersion: '2024-10-21' };
    expect(urlOf('azure', chat, dated, 'gpt 4/o\ud800')).toBe(
      'https://r.openai.azure.com/openai/deployments/gpt%204%2Fo%EF%BF%BD/chat/completions?api-version=2024-10-21',
    );
    expect(urlOf('azure', models, dated)).toBe('https://r.openai.azure.com/openai/models?api-version=2024-10-21');
    const named = { baseURL: 'https://r.openai.azure.com/openai/v1', apiVersion: 'preview' };
    expect(urlOf('azure', chat, named)).toBe('https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview');
    expect(urlOf('azure', chat, { baseURL: 'https://r.test/openai/deployments/d', apiVersion: 'x', query: { a: 'b' } })).toBe(
      'https://r.test/openai/deployments/d/chat/completions?api-version=x&a=b',
    );
    expect(urlOf('azure', chat, { baseURL: 'https://r.test/openai/v1' })).toBe('https://r.test/openai/v1/chat/completions');
    expect(urlOf('openai', chat, { apiVersion: 'x' })).toBe('https://h.test/v1/chat/completions');
  });

  test("GitHub's models are in a catalog beside", () => {
    const url = urlOf('github', models, { baseURL: 'https://models.github.ai/inference' });
    expect(new URL(url).href).toBe('https://models.github.ai/catalog/models');
    const { protocol } = providerOf('github');
    expect(protocol.encode({ asked: chat, model: 'm', stream: false, provider: providerOf('github') }).headers).toMatchObject({
      'x-github-api-version': '2022-11-28',
    });
  });

  test('embeddings and models are refused where there are none', () => {
    for (const name of ['groq', 'deepseek', 'perplexity', 'cerebras', 'moonshot', 'xai'])
      expect(() => urlOf(name, embed)).toThrow(`Cannot send the embeddings request to '${name}' as it offers none`);
    expect(() => urlOf('perplexity', models)).toThrow("Cannot send the request for models to 'perplexity' as it offers none");
  });

  test('embeddings have words of their own', () => {
    const provider = providerOf('mistral');
    const encode = (request: object): string | undefined =>
      provider.protocol.encode({
        asked: { operation: 'embed', request: { ...embed.request, ...request } },
        model: 'm',
        stream: false,
        provider,
      }).body;
    expect(() => encode({})).toThrow("'user' cannot be expressed there");
    expect(encode({ user: undefined })).toBe('{"model":"m","input":["a"],"output_dimension":8}');
  });
});

import type { ChatRequest } from 'keywheel';

/** A request with everything that a provider may know; what one does not know is left out for it. */
export const RICH: ChatRequest = {
  model: 'm',
  messages: [
    { role: 'system', content: 'Answer briefly.' },
    { role: 'developer', content: [{ type: 'text', text: 'Metric units.' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?', cache_control: { type: 'ephemeral' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
      ],
    },
    {
      role: 'assistant',
      content: 'I look it up.',
      tool_calls: [
        { id: 'call00001', type: 'function', function: { name: 'look_up', arguments: '{"what":"picture"}' } },
        { id: 'call00002', type: 'function', function: { name: 'measure', arguments: '' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call00001', content: '{"name":"a wheel"}' },
    { role: 'tool', tool_call_id: 'call00002', content: '40 cm' },
    { role: 'user', content: 'So?' },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'look_up',
        description: 'Looks things up.',
        parameters: { type: 'object', properties: { what: { type: 'string' } }, required: ['what'], additionalProperties: false },
      },
    },
    { type: 'function', function: { name: 'measure' } },
  ],
  tool_choice: 'required',
  parallel_tool_calls: false,
  max_completion_tokens: 2000,
  temperature: 0.5,
  top_p: 0.9,
  stop: ['END'],
  seed: 7,
  frequency_penalty: 0.1,
  presence_penalty: 0.1,
  user: 'user-1',
  metadata: { purpose: 'test' },
  dropUnsupported: [
    'seed',
    'user',
    'metadata',
    'frequency_penalty',
    'presence_penalty',
    'parallel_tool_calls',
    'temperature',
    'top_p',
    'stop',
  ],
};

/** Other ways to ask that a provider must be able to read. */
export const VARIANTS: Readonly<Record<string, Partial<ChatRequest>>> = {
  rich: {},
  schema: {
    tool_choice: 'auto',
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'answer',
        strict: true,
        schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false },
      },
    },
  },
  named: { tool_choice: { type: 'function', function: { name: 'measure' } } },
  thinking: { tool_choice: 'auto', temperature: null, top_p: null, reasoning_effort: 'high' },
};

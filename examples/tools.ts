/** Tools: the model asks for a function, the program calls it and tells the result. Replies go back as they came. */
import { type ChatMessage, type ChatTool, createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider(({ prompt }) =>
  prompt.includes('degrees') ? 'Warm enough for a T-shirt.' : { toolCalls: [{ name: 'temperature', arguments: '{"city":"Lisbon"}' }] },
);
await using client = createClient({ env: provider.env });

const tools: ChatTool[] = [
  {
    type: 'function',
    function: {
      name: 'temperature',
      description: 'The temperature in a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];
const measure = ({ city }: { readonly city?: string }): string => `24 degrees in ${city ?? 'nowhere'}`;

const messages: ChatMessage[] = [{ role: 'user', content: 'What shall I wear in Lisbon today?' }];
for (let turn = 0; turn < 4; turn += 1) {
  const { choices, text, report } = await client.chat({ model: 'openai/gpt-4o-mini', messages, tools });
  const message = choices[0]?.message ?? { role: 'assistant', content: text };
  messages.push(message);
  if (message.tool_calls === undefined || message.tool_calls.length === 0) {
    console.log(`${text} (key ${report.key})`);
    break;
  }
  for (const call of message.tool_calls) {
    const result = measure(JSON.parse(call.function.arguments) as { city?: string });
    console.log(`${call.function.name}(${call.function.arguments}) -> ${result}`);
    messages.push({ role: 'tool', tool_call_id: call.id, content: result });
  }
}

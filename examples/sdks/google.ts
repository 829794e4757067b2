/** Google's SDK over keywheel: a chat with a function that it calls. */
import { GoogleGenAI, type FunctionDeclaration, Type } from '@google/genai';
import { createClient } from 'keywheel';
import { openProvider } from './provider.ts';

await using provider = await openProvider('google', ({ body }) => {
  if (JSON.stringify(body).includes('24 degrees')) return 'Warm enough for a T-shirt.';
  return { reasoning: 'A look at the sky first.', toolCalls: [{ name: 'temperature', arguments: '{"city":"Lisbon"}' }] };
});
await using client = createClient({ env: provider.env });

const { url: baseUrl } = provider;
const google = new GoogleGenAI({ apiKey: 'none', httpOptions: { fetch: client.fetch, ...(baseUrl !== undefined && { baseUrl }) } });
const temperature: FunctionDeclaration = {
  name: 'temperature',
  description: 'The temperature in a city.',
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
};

const chat = google.chats.create({ model: 'gemini-3-pro-preview', config: { tools: [{ functionDeclarations: [temperature] }] } });
let reply = await chat.sendMessage({ message: 'What shall I wear in Lisbon today?' });
for (const { name = '', args = {} } of reply.functionCalls ?? []) {
  const output = `24 degrees in ${String(args['city'])}`;
  console.log(`${name}(${JSON.stringify(args)}) -> ${output}`);
  reply = await chat.sendMessage({ message: [{ functionResponse: { name, response: { output } } }] });
}
console.log(reply.text);
for (const { id, totals } of client.keys.list()) console.log(`${id}: ${totals.attempts} attempts, ${totals.errors} failed`);

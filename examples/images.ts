/** Images: as data, or as a URL that the provider itself reads; keywheel downloads nothing. */
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

/** One red pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

await using provider = await openProvider();
await using client = createClient({ env: provider.env });

const reply = await client.chat({
  model: 'openai/gpt-4o-mini',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Which colour is this?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}`, detail: 'low' } },
      ],
    },
  ],
});
console.log(`${reply.text} (${reply.usage?.total_tokens} tokens)`);

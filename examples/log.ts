/** A line of JSON for each call and attempt: to a file that is turned over, a stream, a function, or your pino. */
import process from 'node:process';
import { createClient, type LogLine } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
const messages = [{ role: 'user', content: 'Say one word.' }] as const;

// As text, to any stream; `{ file: 'logs/keywheel.log', maxBytes: 10_000_000, maxFiles: 5 }` is a file that is turned over.
await using client = createClient({
  env: provider.env,
  log: { to: process.stdout, attempts: true, redact: ['tags.user'] },
});
await client.chat({ model: 'openai/gpt-4o-mini', messages }, { tags: { user: 'ada@example.com', page: 'home' } });

// As objects, to a function; prompts and answers are in them only where you ask for them.
const show = ({ level, msg, request }: LogLine): void => console.log(level, msg, JSON.stringify(request));
await using talkative = createClient({ env: provider.env, log: { to: show, content: true } });
await talkative.chat({ model: 'openai/gpt-4o-mini', messages });

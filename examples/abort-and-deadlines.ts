/** Ways to bound a call: the caller's signal, a time for all of it, and a time for waiting. */
import { type CallOptions, createClient, DeadlineError, KeysExhaustedError } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({
  providers: { openai: { keys: provider.keys.slice(0, 1), baseURL: provider.baseURL, limits: { concurrency: 1 } } },
});

const request = { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'What time is it?' }] } as const;
// One call at a time: as long as nobody reads this stream, all others wait.
const stream = await client.chat({ ...request, stream: true });

async function ask(what: string, options: CallOptions): Promise<void> {
  try {
    const reply = await client.chat(request, options);
    console.log(`${what}: answered after ${reply.report.waitedMs} ms of waiting`);
  } catch (error) {
    if (error instanceof KeysExhaustedError) console.log(`${what}: ${error.keys.map(({ id, reason }) => `${id}: ${reason}`).join('; ')}`);
    else if (error instanceof DeadlineError) console.log(`${what}: ${error.message}`);
    else console.log(`${what}: rejected with the signal's own reason: ${String(error)}`);
  }
}

await ask('would not wait', { maxWaitMs: 0 });
await ask('would wait for 50 ms', { maxWaitMs: 50 });
await ask('had 50 ms for all of it', { timeoutMs: 50 });
const controller = new AbortController();
setTimeout(() => controller.abort('the page was closed'), 50);
await ask('was aborted', { signal: controller.signal });

const patient = ask('waited', {});
await stream.reply();
await patient;

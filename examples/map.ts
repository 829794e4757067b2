/** A batch of thousands: at the pace of the keys, with progress, and resumed where an earlier run ended. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({ providers: { openai: { keys: provider.keys, baseURL: provider.baseURL } } });

const reviews = Array.from({ length: 24 }, (_, index) => ({
  id: `review-${index + 1}`,
  text: `Parcel ${index + 1} came ${index % 5} days late.`,
}));

// Yours stays where it is, so that the next run goes on with it.
const folder = await mkdtemp(join(tmpdir(), 'keywheel-'));

async function run(what: string, stopAfter = Infinity): Promise<void> {
  let [answered, resumed] = [0, 0];
  const results = client.map(
    reviews,
    ({ text }) => ({
      model: 'openai/gpt-4o-mini',
      max_tokens: 20,
      messages: [{ role: 'user', content: `Is this praise or blame? ${text}` }],
    }),
    {
      concurrency: 8,
      resume: { file: join(folder, 'reviews.jsonl'), id: (review) => review.id },
      onProgress: ({ done, failed, total = 0, leftMs }) => console.log(`${done + failed} of ${total}, ${leftMs ?? '?'} ms left`),
    },
  );
  for await (const { item, reply, error, resumed: again } of results) {
    if (reply === undefined) console.log(`${item.id} failed: ${String(error)}`);
    else answered += 1;
    if (again === true) resumed += 1;
    // Leaving the loop aborts what is under way.
    if (answered === stopAfter) break;
  }
  console.log(`${what}: ${answered} answered, ${resumed} of them by an earlier run`);
}

await run('the first run, cut short', 10);
await run('the second run');
await rm(folder, { recursive: true });

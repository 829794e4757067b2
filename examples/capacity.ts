/** What the keys can still carry: left, pace, the limit that binds, and whether one more key would help. */
import { createClient } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({
  providers: { openai: { keys: provider.keys, baseURL: provider.baseURL, limits: { rpm: 60, tpm: 20_000 } } },
  // Tells of each key as it is used up, beside the numbers below.
  limitNear: [0.25, 0.9],
});
client.on('limit-near', ({ group, share, counts }) => console.log(`${group}: ${share * 100} % of its ${counts} are spent`));

const questions = Array.from({ length: 30 }, (_, index) => `What is ${index} times 12?`);
await Promise.all(
  questions.map((content) => client.chat({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content }], max_tokens: 50 })),
);

const round = (value: number | undefined): number | string => (value === undefined ? 'nobody knows how many' : Math.round(value));
for (const { perMinute, pace, binding, lastsMs, oneMoreKey, groups } of client.capacity('openai/gpt-4o-mini').targets) {
  console.log(`${round(perMinute)} calls a minute, ${round(pace.perMinute)} are made; ${binding?.counts ?? 'different limits'} bind`);
  console.log(lastsMs === undefined ? 'That can go on.' : `At this pace the keys last ${Math.round(lastsMs / 1000)} s.`);
  console.log(`One more key adds ${round(oneMoreKey.inNewGroup)} in a group of its own, ${oneMoreKey.inOldGroup} in one that is here.`);
  for (const { group, keys, buckets, until } of groups) {
    const left = buckets.map(({ remaining, limit, counts }) => `${Math.floor(remaining)} of ${limit} ${counts}`).join(', ');
    console.log(`${group}: ${keys} key(s) ready${until === undefined ? '' : ` from ${new Date(until).toISOString()}`}, ${left} left`);
  }
}

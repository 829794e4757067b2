/** Keys from a vault, and by hand: add, disable, enable, remove, look. */
import { createClient, type KeyOptions } from 'keywheel';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
const [first = '', ...others] = provider.keys;

/** Stands for your vault. Asked before the first call and again every `refreshMs`. */
async function readVault(): Promise<readonly KeyOptions[]> {
  return [{ id: 'from-the-vault', secret: first, group: 'our-project' }];
}

await using client = createClient({ providers: { openai: { keys: readVault, refreshMs: 60_000, baseURL: provider.baseURL } } });
client.on('keys-refresh-failed', ({ reason }) => console.log(`the vault did not answer, the known keys stay: ${reason}`));
await client.ready();

const show = (what: string): void =>
  console.log(
    what,
    client.keys.list().map(({ id, label, state }) => `${id} ${label} ${state}`),
  );
show('at first:');
for (const [index, secret] of others.entries()) client.keys.add('openai', { id: `customer-${index + 1}`, secret });
client.keys.disable('from-the-vault');
show('with keys of customers:');

const messages = [{ role: 'user', content: 'Who pays for this?' }] as const;
if (others.length > 0) {
  const reply = await client.chat({ model: 'openai/gpt-4o-mini', messages }, { keys: ['customer-1'] });
  console.log(`answered with ${reply.report.key}`);
  client.keys.remove('customer-1');
}
client.keys.enable('from-the-vault');
show('in the end:');

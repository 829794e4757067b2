/** Metrics for Prometheus: the text of one client, and a registry of prom-client that has other metrics too. */
import { createClient } from 'keywheel';
import { Counter, Registry } from 'prom-client';
import { openProvider } from './support/provider.ts';

await using provider = await openProvider();
await using client = createClient({ providers: { openai: { keys: [...provider.keys], baseURL: provider.baseURL } }, cache: true });

for (const content of ['One?', 'Two?', 'One?']) {
  await client.chat({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content }] });
}

// For a route of your own: content type `text/plain; version=0.0.4`.
const text = client.metrics();
console.log(
  text
    .split('\n')
    .filter((line) => /^keywheel_(calls|tokens|cache|keys)/.test(line))
    .join('\n'),
);

// With prom-client: each scrape of the registry asks the client anew.
const registry = new Registry();
client.metrics(registry);
new Counter({ name: 'shop_orders_total', help: 'Orders.', registers: [registry] }).inc();
const families = await registry.getMetricsAsJSON();
console.log(
  `\nThe registry has ${families.length} metrics, ${families.filter(({ name }) => name.startsWith('keywheel_')).length} of them keywheel's.`,
);

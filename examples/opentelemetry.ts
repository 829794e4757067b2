/** Spans and metrics for OpenTelemetry, after its conventions for generative AI. The standard Node SDK works the same: register it first. */
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createClient } from 'keywheel';
import { instrument } from 'keywheel/otel';
import { openProvider } from './support/provider.ts';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
trace.setGlobalTracerProvider(tracerProvider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

await using provider = await openProvider();
await using client = createClient({
  providers: { openai: { keys: [{ secret: 'sk-nobody-knows-this-key', weight: 2 }, ...provider.keys], baseURL: provider.baseURL } },
});
const stop = instrument(client);

// Whatever is active where a call is made is its parent.
await trace.getTracer('shop').startActiveSpan('GET /summary', async (span) => {
  const messages = [{ role: 'user', content: 'Sum up the day.' }] as const;
  for (let call = 1; call <= 3; call += 1) await client.chat({ model: 'openai/gpt-4o-mini', messages }, { tags: { page: 'summary' } });
  span.end();
});
stop();

for (const { name, attributes, parentSpanContext } of exporter.getFinishedSpans()) {
  const depth = parentSpanContext === undefined ? '' : name.startsWith('attempt') ? '    ' : '  ';
  const tokens = attributes['gen_ai.usage.output_tokens'] ?? 0;
  const end = attributes['keywheel.attempt.class'] ?? `${String(tokens)} tokens`;
  console.log(`${depth}${name}: ${String(end)}`);
}

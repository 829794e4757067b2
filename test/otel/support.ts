import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach } from 'vitest';
import type { Client, ClientEvents, EventName } from '../../src/index.ts';
import { instrument, type InstrumentOptions } from '../../src/otel/index.ts';
import { Events } from '../../src/events.ts';

/** One point of a metric: its attributes and its value; of a histogram its sum, count and bounds. */
export interface Point {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

export interface ReadMetric {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly Point[];
}

/** The real SDK, with everything in memory, for each test anew. */
export interface Telemetry {
  readonly tracerProvider: BasicTracerProvider;
  readonly meterProvider: MeterProvider;
  /** Spans that are over, in the order of their ends. */
  spans(): readonly ReadableSpan[];
  /** The one span of this name. */
  span(name: string): ReadableSpan;
  metrics(): Promise<ReadonlyMap<string, ReadMetric>>;
  instrument(client: Pick<Client, 'on' | 'keys'>, options?: InstrumentOptions): () => void;
}

export function useTelemetry(): Telemetry {
  let spans = new InMemorySpanExporter();
  let tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  let exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  let meterProvider = new MeterProvider();
  let stops: (() => void)[] = [];

  beforeEach(() => {
    spans = new InMemorySpanExporter();
    tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })] });
    stops = [];
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterEach(async () => {
    for (const stop of stops) stop();
    await meterProvider.shutdown();
    await tracerProvider.shutdown();
    context.disable();
  });

  const telemetry: Telemetry = {
    get tracerProvider() {
      return tracerProvider;
    },
    get meterProvider() {
      return meterProvider;
    },
    spans: () => spans.getFinishedSpans(),
    span: (name) => {
      const named = spans.getFinishedSpans().filter((span) => span.name === name);
      const [span] = named;
      if (span === undefined || named.length > 1) {
        throw new Error(`${named.length} spans are called ${name} of ${spans.getFinishedSpans().length}`);
      }
      return span;
    },
    metrics: async () => {
      await meterProvider.forceFlush();
      const read =
        exporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? [];
      return new Map(
        read.map(({ descriptor: { name, unit }, dataPoints }) => {
          const points = dataPoints.map(({ attributes, value }) => ({ attributes: { ...attributes }, value }));
          return [name, { name, unit, points }];
        }),
      );
    },
    instrument: (client, options) => {
      const stop = instrument(client, { tracerProvider, meterProvider, ...options });
      stops.push(stop);
      return stop;
    },
  };
  return telemetry;
}

/** Runs `task` with a span of the caller's own active. */
export async function within<T>(telemetry: Telemetry, name: string, task: () => Promise<T>): Promise<T> {
  const span = telemetry.tracerProvider.getTracer('test').startSpan(name);
  try {
    return await context.with(trace.setSpan(context.active(), span), task);
  } finally {
    span.end();
  }
}

/** Epoch ms, as the SDK keeps them. */
export function toMs([seconds, nanos]: readonly [number, number]): number {
  return seconds * 1000 + nanos / 1e6;
}

/** What instrumentation sees of a client, with events of the test's own. */
export interface FakeClient extends Pick<Client, 'on' | 'keys'> {
  emit<Name extends EventName>(name: Name, payload: ClientEvents[Name]): void;
  readonly listeners: number;
}

export function fakeClient(): FakeClient {
  const events = new Events();
  let listeners = 0;
  return {
    on: (name, listener) => {
      listeners += 1;
      const stop = events.on(name, listener);
      return () => {
        listeners -= 1;
        stop();
      };
    },
    // Of all that keys can do they are listed alone.
    keys: { list: () => [] } as unknown as Client['keys'],
    emit: (name, payload) => events.emit(name, payload),
    get listeners() {
      return listeners;
    },
  };
}

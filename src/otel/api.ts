// The one door to a package that only users of this subpath have.
export {
  type Attributes,
  type BatchObservableResult,
  type Context,
  context,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';

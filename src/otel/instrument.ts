import type { Client } from '../client.ts';
import { ConfigError } from '../errors.ts';
import type { CallStarted } from '../events.ts';
import { toShown } from '../printable.ts';
import { type MeterProvider, metrics, trace, type TracerProvider } from './api.ts';
import { observeKeys } from './gauges.ts';
import { type Begun, Meters } from './meters.ts';
import { read, toOperationName } from './names.ts';
import { Spans } from './spans.ts';

/** Who makes the spans and metrics, and what is in them. */
export interface InstrumentOptions {
  /** @default the global one: register it before the client is instrumented */
  readonly tracerProvider?: TracerProvider | undefined;
  /** @default the global one: register it before the client is instrumented */
  readonly meterProvider?: MeterProvider | undefined;
  /**
   * Prompts and answers of chats stand in the spans, as `gen_ai.input.messages` and `gen_ai.output.messages` (JSON): texts cut at 16384
   * characters, no bytes of pictures, and the last 65536 characters of a conversation. Not those of `client.fetch`.
   * @default false
   */
  readonly captureContent?: boolean | undefined;
  /**
   * Each attempt is a span below that of its call.
   * @default true
   */
  readonly attempts?: boolean | undefined;
}

/**
 * Tells OpenTelemetry what a client does, after its conventions for generative AI: a span for each call, below the span that is active where
 * the call is made, one below it for each attempt, and metrics. Without a registered SDK nothing happens. Instrument a client once, right
 * after it is made.
 *
 * Returns the way to stop; call it before the client is let go of. Spans of calls under way end then, with `keywheel.unfinished`.
 * Throws `ConfigError` for options that are wrong.
 *
 * @example
 * const stop = instrument(client);
 */
export function instrument(client: Pick<Client, 'on' | 'keys'>, options: InstrumentOptions = {}): () => void {
  const { tracerProvider = trace, meterProvider = metrics, captureContent = false, attempts = true } = checked(options);
  const spans = new Spans(tracerProvider.getTracer('keywheel'), { captureContent, attempts });
  const meter = meterProvider.getMeter('keywheel');
  const meters = new Meters(meter);
  const begun = new Map<string, Begun>();
  const end = (callId: string): Begun | undefined => {
    const known = begun.get(callId);
    begun.delete(callId);
    return known;
  };
  const started = (call: CallStarted): void => {
    const operation = toOperationName(call.operation, call.operation === 'fetch' ? call.asked() : undefined);
    begun.set(call.callId, { operation, targets: call.targets });
    spans.started(call, operation);
  };
  const stops = [
    client.on('call-started', started),
    ...(['attempt-finished', 'attempt-failed'] as const).map((name) =>
      client.on(name, (attempt) => {
        meters.attempted(attempt);
        spans.attempted(attempt);
      }),
    ),
    client.on('call-finished', (finished) => {
      // Of a stream it is put together each time that it is asked for.
      const answer = finished.answer?.();
      meters.ended(finished.report, end(finished.report.id), answer);
      spans.finished(finished.report, answer);
    }),
    client.on('call-failed', (failed) => {
      meters.failed(failed, end(failed.report.id));
      spans.failed(failed);
    }),
    observeKeys(meter, () => client.keys.list()),
  ];
  return () => {
    for (const stop of stops.splice(0)) stop();
    spans.stop();
    begun.clear();
  };
}

/** JavaScript can pass anything. */
function checked(options: InstrumentOptions): InstrumentOptions {
  if (typeof options !== 'object' || options === null) throw refusal('its options must be an object', options);
  for (const [name, value] of Object.entries(options)) {
    const rule = RULES.get(name);
    if (rule === undefined) throw refusal(`an option must be one of ${[...RULES.keys()].join(', ')}`, name);
    if (value !== undefined && !rule.fits(value)) throw refusal(`'${name}' must be ${rule.is}`, value);
  }
  return options;
}

interface Rule {
  readonly is: string;
  readonly fits: (value: unknown) => boolean;
}

const SWITCH: Rule = { is: 'true or false', fits: (value) => typeof value === 'boolean' };

const RULES: ReadonlyMap<string, Rule> = new Map([
  ['tracerProvider', { is: 'a provider of tracers', fits: (value) => typeof read(value, 'getTracer') === 'function' }],
  ['meterProvider', { is: 'a provider of meters', fits: (value) => typeof read(value, 'getMeter') === 'function' }],
  ['captureContent', SWITCH],
  ['attempts', SWITCH],
]);

function refusal(rule: string, value: unknown): ConfigError {
  return new ConfigError(`Cannot instrument the client as ${rule}: current value is ${toShown(value)}`);
}

/** What the project has promised itself, beside what was reached. */
import type { Results } from './measure.ts';
import type { Measured } from './rounds.ts';
import { toText } from './statistics.ts';
import type { SutName } from './suts.ts';

export interface Bar {
  readonly title: string;
  readonly bar: string;
  readonly reached: string;
  readonly met: boolean;
}

export function toBars({ calls, streams, cacheHit, waiting, order, pool }: Results): readonly Bar[] {
  const ofCalls = finder(calls);
  const ofStreams = finder(streams);
  const [plain, limited, throttled, openai] = [ofCalls('keywheel'), ofCalls('limits'), ofCalls('concurrency'), ofCalls('openai')];
  const [stream, openaiStream] = [ofStreams('keywheel'), ofStreams('openai')];
  const hitUs = cacheHit === undefined ? Number.NaN : 1e6 / cacheHit.rate.median;
  const heaviest = Math.max(...waiting.map(({ bytes }) => bytes)) / 1_024;
  const slowest = Math.max(...waiting.map(({ abortMs }) => abortMs));
  const many = pool.find(({ keys }) => keys === 10_000)?.times.median ?? Number.NaN;
  return [
    atLeast('calls, share of the bare rate', 0.7, plain?.rateShare.median),
    atMost('calls, CPU, times bare', 1.5, plain?.cpuTimes.median),
    atLeast("calls, times the openai SDK's rate", 2.5, quotient(plain, openai)),
    atLeast('calls with limits, share of the rate without', 0.85, quotient(limited, plain)),
    atLeast('calls with `concurrency`, share of the bare rate', 0.3, throttled?.rateShare.median),
    atMost('streams, CPU, times bare', 1.25, stream?.cpuTimes.median),
    atLeast("streams, times the openai SDK's rate", 3, quotient(stream, openaiStream)),
    atMost('cache hit, one at a time, µs', 80, hitUs),
    atMost('heap of a waiting call, KiB', 4, heaviest),
    atMost('one signal aborts all that wait, ms', 1_000, slowest),
    { title: 'calls that waited are served in order', bar: 'yes', reached: order.inOrder ? 'yes' : 'no', met: order.inOrder },
    atMost('10,000 keys: lease and settle, times 10 keys', 3, many),
  ];
}

const finder =
  (measured: readonly Measured[]) =>
  (name: SutName): Measured | undefined =>
    measured.find((candidate) => candidate.name === name);

/** Of shares of the same yardstick: the machine's mood is out of it. */
const quotient = (a: Measured | undefined, b: Measured | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a.rateShare.median / b.rateShare.median;

const atLeast = (title: string, bar: number, reached = Number.NaN): Bar => ({
  title,
  bar: `at least ${toText(bar)}`,
  reached: toText(reached),
  met: reached >= bar,
});

const atMost = (title: string, bar: number, reached = Number.NaN): Bar => ({
  title,
  bar: `at most ${toText(bar)}`,
  reached: toText(reached),
  met: reached <= bar,
});

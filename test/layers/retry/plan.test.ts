import { describe, expect, it } from 'vitest';
import { type Bounds, planRepeats, type Tried } from '../../../src/layers/retry/plan.ts';
import { fakeFailure } from '../../support/fake-call.ts';

const NOW = 1_000_000;
const FRESH: Tried = { retries: 0, reconnects: 0 };
const BOUNDS: Bounds = { attempts: 4, timeoutRepeated: false, elsewhere: false, now: NOW, patienceMs: Infinity };
const half = (): number => 0.5;
const hint = (ms: number) => ({ until: { at: NOW + ms, source: 'retry-after' as const } });
const unopened = { reached: false };

interface Row {
  readonly name: string;
  readonly error: ReturnType<typeof fakeFailure>;
  readonly tried?: Partial<Tried>;
  readonly bounds?: Partial<Bounds>;
  /** Purse and delay at a random of 0.5. */
  readonly repeats: readonly (readonly [string, number])[];
}

const ROWS: readonly Row[] = [
  { name: 'overloaded', error: fakeFailure('overloaded'), repeats: [['retries', 250]] },
  { name: 'server error, second time', error: fakeFailure('server_error'), tried: { retries: 1 }, repeats: [['retries', 500]] },
  { name: 'network, third time', error: fakeFailure('network'), tried: { retries: 2 }, repeats: [['retries', 1_000]] },
  { name: 'the last attempt', error: fakeFailure('overloaded'), tried: { retries: 3 }, repeats: [] },
  { name: 'one attempt only', error: fakeFailure('overloaded'), bounds: { attempts: 1 }, repeats: [] },
  {
    name: 'back-off at its cap',
    error: fakeFailure('overloaded'),
    tried: { retries: 9 },
    bounds: { attempts: 11 },
    repeats: [['retries', 10_000]],
  },
  { name: 'a hint, with jitter on top', error: fakeFailure('overloaded', hint(3_000)), repeats: [['retries', 3_250]] },
  { name: 'a hint that is over', error: fakeFailure('overloaded', hint(-5)), repeats: [['retries', 250]] },
  { name: 'a hint longer than the patience', error: fakeFailure('overloaded', hint(3_000)), bounds: { patienceMs: 3_000 }, repeats: [] },
  { name: 'a back-off longer than the patience', error: fakeFailure('overloaded'), bounds: { patienceMs: 250 }, repeats: [] },
  { name: 'timeout', error: fakeFailure('timeout'), repeats: [['retries', 250]] },
  { name: 'timeout after a repeated timeout', error: fakeFailure('timeout'), bounds: { timeoutRepeated: true }, repeats: [] },
  { name: 'timeout where somebody else can answer', error: fakeFailure('timeout'), bounds: { elsewhere: true }, repeats: [] },
  {
    name: 'server error after a repeated timeout',
    error: fakeFailure('server_error'),
    bounds: { timeoutRepeated: true },
    repeats: [['retries', 250]],
  },
  { name: 'a redirect', error: fakeFailure('server_error', { definitive: true }), repeats: [] },
  { name: 'a redirect that never opened', error: fakeFailure('network', { definitive: true, ...unopened }), repeats: [] },
  { name: 'a limit', error: fakeFailure('rate_limited'), repeats: [] },
  { name: 'a wrong request', error: fakeFailure('bad_request'), repeats: [] },
  { name: 'a dead key', error: fakeFailure('key_invalid'), repeats: [] },
  {
    name: 'never opened: free first, else as a retry',
    error: fakeFailure('network', unopened),
    repeats: [
      ['reconnects', 50],
      ['retries', 250],
    ],
  },
  {
    name: 'never opened again',
    error: fakeFailure('network', unopened),
    tried: { reconnects: 1 },
    repeats: [
      ['reconnects', 100],
      ['retries', 250],
    ],
  },
  {
    name: 'never opened, free ones used up',
    error: fakeFailure('network', unopened),
    tried: { reconnects: 2 },
    repeats: [['retries', 250]],
  },
  {
    name: 'never opened with one attempt',
    error: fakeFailure('network', unopened),
    bounds: { attempts: 1 },
    repeats: [['reconnects', 50]],
  },
  {
    name: 'connect timeout after a repeated timeout',
    error: fakeFailure('timeout', unopened),
    bounds: { timeoutRepeated: true },
    repeats: [['reconnects', 50]],
  },
];

describe('planRepeats', () => {
  it.each(ROWS)('$name', ({ error, tried, bounds, repeats }) => {
    const planned = planRepeats(error, { ...FRESH, ...tried }, { ...BOUNDS, ...bounds }, half);
    expect(planned.map(({ purse, delayMs }) => [purse, delayMs])).toEqual(repeats);
  });
});

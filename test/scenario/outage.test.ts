import { describe, expect, test } from 'vitest';
import { createClient, type ClientOptions } from '../../src/index.ts';
import { createManualClock, type ManualClock } from '../../src/simulator/manual-clock.ts';
import { seeded } from '../pool/rig.ts';

// A minute without a provider, at 50 calls a second: what it costs in attempts, and when its end is seen.

type Fault = 'answers 503' | 'fails every other call' | 'refuses connections' | 'hangs';

const PER_SECOND = 50;
const WARM_MS = 5_000;
const OUTAGE_MS = 60_000;
const AFTER_MS = 4_000;
const LATENCY_MS = 100;

const ANSWER = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 0,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
});

const json = (body: string, status = 200): Response => new Response(body, { status, headers: { 'content-type': 'application/json' } });

/** A provider that is out between two instants, and counts who asks. */
class Provider {
  readonly asked: number[] = [];
  readonly #clock: ManualClock;
  readonly #fault: Fault | undefined;
  readonly #from: number;

  constructor(clock: ManualClock, fault: Fault | undefined) {
    this.#clock = clock;
    this.#fault = fault;
    this.#from = clock.now() + WARM_MS;
  }

  async answer(signal: AbortSignal | null | undefined): Promise<Response> {
    const now = this.#clock.now();
    this.asked.push(now);
    const isOut = this.#fault !== undefined && now >= this.#from && now < this.#from + OUTAGE_MS;
    const fault = isOut ? this.#fault : undefined;
    if (fault === 'refuses connections') {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) });
    }
    if (fault === 'hangs') {
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
    }
    await new Promise<void>((resolve) => void this.#clock.after(LATENCY_MS, resolve));
    const fails = fault === 'answers 503' || (fault === 'fails every other call' && this.asked.length % 2 === 0);
    return fails ? json('{"error":{"message":"The service is unavailable","type":"server_error"}}', 503) : json(ANSWER);
  }
}

interface Ended {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly provider: string | undefined;
  readonly attempts: number;
}

async function run(fault: Fault, targets: 1 | 2, options: ClientOptions = {}, attemptTimeoutMs = Infinity) {
  const clock = createManualClock();
  const since = clock.now();
  const one = new Provider(clock, fault);
  const two = new Provider(clock, undefined);
  const client = createClient({
    providers: {
      one: { protocol: 'openai', baseURL: 'https://one.test/v1', keys: ['key-one-0123456789'] },
      two: { protocol: 'openai', baseURL: 'https://two.test/v1', keys: ['key-two-0123456789'] },
    },
    models: { fast: targets === 1 ? 'one/m' : ['one/m', 'two/m'] },
    fetch: (url, init) => (String(url instanceof Request ? url.url : url).includes('one.test') ? one : two).answer(init?.signal),
    clock,
    random: seeded(11),
    env: {},
    ...options,
  });
  const ended: Ended[] = [];
  const call = async (): Promise<void> => {
    const startedAt = clock.now();
    const report = await client.chat({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }] }, { attemptTimeoutMs }).then(
      (reply) => ({ provider: reply.report.provider, attempts: reply.report.attempts.length }),
      (error: { readonly report?: { readonly attempts: readonly unknown[] } }) => ({
        provider: undefined,
        attempts: error.report?.attempts.length ?? 0,
      }),
    );
    ended.push({ startedAt: startedAt - since, endedAt: clock.now() - since, ...report });
  };
  const calls: Promise<void>[] = [];
  for (let at = 0; at < WARM_MS + OUTAGE_MS + AFTER_MS; at += 1_000 / PER_SECOND) {
    calls.push(call());
    await clock.advance(1_000 / PER_SECOND);
  }
  await clock.advance(120_000);
  await Promise.all(calls);
  await client.close({ timeoutMs: 0 });
  const over = WARM_MS + OUTAGE_MS;
  const during = ended.filter(({ startedAt }) => startedAt >= WARM_MS && startedAt < over);
  const back = ended.filter(({ provider, endedAt }) => provider === 'one' && endedAt >= over).map(({ endedAt }) => endedAt - over);
  return {
    pending: clock.pending,
    calls: during.length,
    attemptsPerCall: during.reduce((sum, { attempts }) => sum + attempts, 0) / during.length,
    answered: during.filter(({ provider }) => provider !== undefined).length,
    atSick: one.asked.filter((at) => at - since >= WARM_MS && at - since < over).length,
    backAfterMs: Math.min(...back),
    lateElsewhere: ended.filter(({ provider, startedAt }) => startedAt >= over + 1_000 && provider !== 'one').length,
    longestMs: Math.max(...during.map(({ startedAt, endedAt }) => endedAt - startedAt)),
  };
}

/** Each is four thousand calls. */
const LONG = { timeout: 60_000 };

describe('the only target', LONG, () => {
  test.each<[Fault, ClientOptions]>([
    ['answers 503', {}],
    ['refuses connections', {}],
    ['hangs', { retry: { timeoutMs: 10_000 } }],
  ])('%s for a minute: at most 1.1 attempts a call, and its recovery is seen within a second', async (fault, options) => {
    const seen = await run(fault, 1, options);
    expect(seen.calls).toBe(3_000);
    expect(seen.attemptsPerCall).toBeLessThanOrEqual(1.1);
    expect(seen.backAfterMs).toBeLessThanOrEqual(1_000);
    expect(seen.lateElsewhere).toBe(0);
    expect(seen.pending).toBe(0);
  });

  test('fails every other call for a minute: retries win some back until their budget is spent', async () => {
    const seen = await run('fails every other call', 1);
    expect(seen.answered).toBeGreaterThan(1_600);
    expect(seen.attemptsPerCall).toBeLessThan(1.4);
    expect(seen.lateElsewhere).toBe(0);
  });
});

describe('the first of two targets', LONG, () => {
  test.each<[Fault, number]>([
    ['answers 503', Infinity],
    ['refuses connections', Infinity],
    ['hangs', 2_000],
  ])(
    '%s for a minute: the second takes over, and the first is asked again within a second of its recovery',
    async (fault, attemptTimeoutMs) => {
      const seen = await run(fault, 2, {}, attemptTimeoutMs);
      expect(seen.answered).toBe(3_000);
      expect(seen.attemptsPerCall).toBeLessThanOrEqual(1.1);
      expect(seen.lateElsewhere).toBe(0);
    },
  );

  test('hangs, and nobody gave attempts a time: calls that run out of theirs open the route for the others', async () => {
    const seen = await run('hangs', 2, { retry: { timeoutMs: 10_000 } });
    expect(seen.answered).toBeGreaterThan(2_400);
    expect(seen.lateElsewhere).toBe(0);
  });

  test('fails every other call for a minute: all are answered', async () => {
    const seen = await run('fails every other call', 2);
    expect(seen.answered).toBe(3_000);
    expect(seen.lateElsewhere).toBe(0);
  });
});

import { describe, expect, test } from 'vitest';
import { createManualClock, type SimulatorGroup, type SimulatorLimits } from '../../src/simulator/index.ts';
import { ask, askWhole, CHAT, start, STREAM } from './support.ts';

const GROUP = { id: 'acme', keys: ['sk-a', 'sk-b'] };

async function startLimited(limits: SimulatorLimits, group: Partial<SimulatorGroup> = {}) {
  const clock = createManualClock();
  const simulator = await start({ clock, groups: [{ ...GROUP, limits, ...group }], reply: () => 'x'.repeat(40) });
  return { clock, simulator };
}

test('a refused request says what OpenAI says', async () => {
  const { simulator } = await startLimited({ rpm: 3 });
  for (let count = 0; count < 3; count++) expect(await askWhole(simulator)).toMatchObject({ status: 200 });
  const { status, headers, json } = await askWhole(simulator);
  expect(status).toBe(429);
  expect(json).toEqual({
    error: {
      message:
        'Rate limit reached for gpt-5-mini in organization org-acme on requests per min (RPM): Limit 3, Used 3, Requested 1. ' +
        'Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more.',
      type: 'requests',
      param: null,
      code: 'rate_limit_exceeded',
    },
  });
  expect(headers.get('retry-after-ms')).toBe('20000');
  expect(headers.get('retry-after')).toBe('20');
  expect(headers.get('x-ratelimit-remaining-requests')).toBe('0');
  expect(headers.get('x-ratelimit-reset-requests')).toBe('1m0s');
});

test('waiting as long as the hint says is enough, and a millisecond less is not', async () => {
  const { clock, simulator } = await startLimited({ rpm: 3, windowMs: 1000, burst: 1 });
  await askWhole(simulator);
  expect((await askWhole(simulator)).headers.get('retry-after-ms')).toBe('334');
  await clock.advance(333);
  expect(await askWhole(simulator)).toMatchObject({ status: 429 });
  await clock.advance(1);
  expect(await askWhole(simulator)).toMatchObject({ status: 200 });
});

test('keys of one group share its limits, keys of another have their own', async () => {
  const clock = createManualClock();
  const limits = { rpm: 1 };
  const simulator = await start({
    clock,
    groups: [
      { ...GROUP, limits },
      { keys: ['sk-c'], limits },
    ],
  });
  const statuses = [];
  for (const key of ['sk-a', 'sk-b', 'sk-c']) statuses.push((await askWhole(simulator, CHAT, { key })).status);
  expect(statuses).toEqual([200, 429, 200]);
});

test('limits hold per model', async () => {
  const { simulator } = await startLimited({ rpm: 1 });
  const statuses = [];
  for (const model of ['a', 'b', 'a']) statuses.push((await askWhole(simulator, { ...CHAT, model })).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test('answers carry limit, remaining and reset of requests and tokens, and who was served', async () => {
  const { simulator } = await startLimited({ rpm: 60, tpm: 6000 }, { project: 'proj_1' });
  const { headers } = await askWhole(simulator, { ...CHAT, max_tokens: 98 });
  expect(Object.fromEntries(Array.from(headers).filter(([name]) => /^(x-ratelimit|openai-(org|pro[j]))/.test(name)))).toEqual({
    'openai-organization': 'org-acme',
    'openai-project': 'proj_1',
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '1s',
    'x-ratelimit-limit-tokens': '6000',
    'x-ratelimit-remaining-tokens': '5900',
    'x-ratelimit-reset-tokens': '1s',
  });
  expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  expect(headers.get('openai-processing-ms')).toBe('0');
});

test('an organisation that is hidden shows neither in headers nor in messages', async () => {
  const { simulator } = await startLimited({ rpm: 1 }, { organization: false });
  expect((await askWhole(simulator)).headers.get('openai-organization')).toBeNull();
  expect((await askWhole(simulator)).json.error.message).toMatch(/^Rate limit reached for gpt-5-mini on requests per min/);
});

test.each([
  ['always', true, true],
  ['answered', true, false],
  ['refused', false, true],
  ['never', false, false],
] as const)('headers: %s', async (headers, onAnswer, onRefusal) => {
  const { simulator } = await startLimited({ rpm: 1 }, { headers });
  const served = await askWhole(simulator);
  const refused = await askWhole(simulator);
  expect([served.status, refused.status]).toEqual([200, 429]);
  expect([served, refused].map((answer) => answer.headers.has('x-ratelimit-limit-requests'))).toEqual([onAnswer, onRefusal]);
});

test.each([
  ['both', true, true],
  ['header', true, false],
  ['body', false, true],
  ['none', false, false],
] as const)('hints: %s', async (hints, inHeader, inBody) => {
  const { simulator } = await startLimited({ rpm: 1 }, { hints });
  await askWhole(simulator);
  const { headers, text } = await askWhole(simulator);
  expect([headers.has('retry-after'), headers.has('retry-after-ms'), text.includes('try again in 1m0s')]).toEqual([
    inHeader,
    inHeader,
    inBody,
  ]);
});

describe('tokens', () => {
  test('admission reserves prompt and output limit, the end of the answer settles the true use', async () => {
    const { simulator } = await startLimited({ tpm: 1000 });
    const first = await askWhole(simulator, { ...CHAT, max_tokens: 500 });
    expect(first.headers.get('x-ratelimit-remaining-tokens')).toBe('498');
    expect(first.json.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 10, total_tokens: 12 });
    const second = await askWhole(simulator, { ...CHAT, max_tokens: 500 });
    expect(second.headers.get('x-ratelimit-remaining-tokens')).toBe(String(1000 - 12 - 502));
  });

  test('nothing is given back where the group does not settle', async () => {
    const { simulator } = await startLimited({ tpm: 1000 }, { settle: false });
    const statuses = [];
    for (let count = 0; count < 2; count++) statuses.push((await askWhole(simulator, { ...CHAT, max_tokens: 500 })).status);
    expect(statuses).toEqual([200, 429]);
  });

  test('headers may tell the state as of the answer instead', async () => {
    const { clock, simulator } = await startLimited({ tpm: 60_000 }, { headersAsOf: 'answer', latencyMs: 100 });
    const answer = askWhole(simulator, { ...CHAT, max_tokens: 998 });
    await simulator.until(({ inFlight }) => inFlight === 1);
    await clock.advance(100);
    expect((await answer).headers.get('x-ratelimit-remaining-tokens')).toBe('59100');
  });

  test('charge: true takes what the answer will use', async () => {
    const { simulator } = await startLimited({ tpm: 1000 }, { charge: 'true' });
    const { headers } = await askWhole(simulator, { ...CHAT, max_tokens: 500 });
    expect(headers.get('x-ratelimit-remaining-tokens')).toBe('988');
  });

  test('a stream that the client leaves is charged for what was sent', async () => {
    const clock = createManualClock();
    const groups = [{ keys: ['sk-a'], limits: { tpm: 1000 } }];
    const simulator = await start({ clock, groups, reply: () => 'x'.repeat(400), stream: { chunks: 100, chunkMs: 0 }, latencyMs: 10 });
    const abort = new AbortController();
    const left = ask(simulator, { ...STREAM, max_tokens: 900 }, { signal: abort.signal });
    await simulator.until(({ inFlight }) => inFlight === 1);
    abort.abort();
    await expect(left).rejects.toThrow('abort');
    await simulator.until(({ inFlight }) => inFlight === 0);
    const next = askWhole(simulator, { ...CHAT, max_tokens: 98 });
    await simulator.until(({ inFlight }) => inFlight === 1);
    await clock.advance(10);
    expect((await next).headers.get('x-ratelimit-remaining-tokens')).toBe(String(1000 - 2 - 100));
    expect(simulator.stats()).toMatchObject({ aborted: 1, abortedStreams: 1, served: 1 });
  });

  test('one request larger than the limit can never be served', async () => {
    const { simulator } = await startLimited({ tpm: 1000 });
    const { status, headers, json } = await askWhole(simulator, { ...CHAT, max_tokens: 2000 });
    expect(status).toBe(429);
    expect(json.error).toMatchObject({ type: 'tokens', code: 'rate_limit_exceeded' });
    expect(json.error.message).toMatch(
      /^Request too large for gpt-5-mini in organization org-acme on tokens per min \(TPM\): Limit 1000, Requested 2002\. The input or output tokens must be reduced/,
    );
    expect(headers.has('retry-after')).toBe(false);
  });

  test('nor can one that is larger than the burst: the limit named is what a full bucket holds', async () => {
    const { simulator } = await startLimited({ tpm: 1000, burst: 0.1 });
    const { json } = await askWhole(simulator, { ...CHAT, max_tokens: 500 });
    expect(json.error.message).toContain('Limit 100, Requested 502.');
  });

  test.each([
    ['input', 'input tokens per min (ITPM)'],
    ['output', 'output tokens per min (OTPM)'],
  ] as const)('buckets of %s tokens name themselves', async (counts, name) => {
    const { simulator } = await startLimited({ buckets: [{ counts, limit: 2, windowMs: 60_000 }] });
    const body = { ...CHAT, max_tokens: 2 };
    await askWhole(simulator, body);
    expect((await askWhole(simulator, body)).json.error.message).toContain(`on ${name}: Limit 2, Used 2, Requested 2.`);
  });
});

test('days are named as days', async () => {
  const { simulator } = await startLimited({ rpd: 1 });
  await askWhole(simulator);
  expect((await askWhole(simulator)).json.error.message).toContain(
    'on requests per day (RPD): Limit 1, Used 1, Requested 1. Please try again in 24h0m0s.',
  );
});

test('refused requests count where the group says so', async () => {
  const { clock, simulator } = await startLimited({ rpm: 1, windowMs: 1000, kind: 'sliding' }, { refusedCount: true });
  const statuses = [];
  for (let count = 0; count < 3; count++) {
    statuses.push((await askWhole(simulator)).status);
    await clock.advance(600);
  }
  await clock.advance(400);
  statuses.push((await askWhole(simulator)).status);
  expect(statuses).toEqual([200, 429, 429, 200]);
});

test('concurrency refuses one more at a time, without a hint, until one ends', async () => {
  const { clock, simulator } = await startLimited({ rpm: 100 }, { concurrency: 2, latencyMs: 50 });
  const first = [askWhole(simulator), askWhole(simulator)];
  await simulator.until(({ inFlight }) => inFlight === 2);
  const third = await askWhole(simulator);
  expect(third).toMatchObject({ status: 429, json: { error: { code: 'rate_limit_exceeded', type: 'requests' } } });
  expect(third.headers.has('retry-after')).toBe(false);
  await clock.advance(50);
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
  const fourth = askWhole(simulator);
  await simulator.until(({ inFlight }) => inFlight === 1);
  await clock.advance(50);
  expect((await fourth).status).toBe(200);
  expect(simulator.group('acme').stats()).toMatchObject({ served: 3, refused: 1, peakInFlight: 3 });
});

test.each(['refill', 'fixed', 'sliding'] as const)('a greedy client gets exactly the bound of %s limits', async (kind) => {
  const { clock, simulator } = await startLimited({ rpm: 20, windowMs: 1000, kind });
  const stepMs = 50;
  for (let elapsed = 0; elapsed < 2500; elapsed += stepMs) {
    for (let status = 200; status === 200;) ({ status } = await askWhole(simulator));
    await clock.advance(stepMs);
  }
  // What came in during the last step was not asked for: nobody comes at its end.
  expect(simulator.stats().served).toBe(simulator.bound({ durationMs: 2500 - stepMs + 1 }).requests);
  expect(simulator.stats().served).toBe({ refill: 20 + 49, fixed: 60, sliding: 60 }[kind]);
});

test('the bound leaves out the time in which no key of a group is usable', async () => {
  const clock = createManualClock();
  const limits = { rpm: 60, burst: 1 };
  const dying = { secret: 'sk-b', changes: [{ atMs: 10_000, state: 'dead' as const }] };
  const groups = [
    { id: 'one', keys: ['sk-a'], limits },
    { id: 'two', keys: [dying], limits },
    { id: 'three', keys: [{ secret: 'sk-c', state: 'spent' as const }], limits },
  ];
  const simulator = await start({ clock, groups });
  expect(simulator.bound({ durationMs: 30_000 })).toEqual({
    requests: 42,
    tokens: Infinity,
    groups: [
      { id: 'one', requests: 31, tokens: Infinity, boundBy: 'requests per min' },
      { id: 'two', requests: 11, tokens: Infinity, boundBy: 'requests per min' },
      { id: 'three', requests: 0, tokens: 0, boundBy: 'no usable key' },
    ],
  });
  await clock.advance(5000);
  simulator.key('sk-a').set('dead');
  expect(simulator.bound({ durationMs: 30_000 }).groups[0]).toMatchObject({ requests: 6 });
  expect(simulator.bound().requests).toBe(12);
});

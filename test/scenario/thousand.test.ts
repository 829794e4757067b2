import { describe, expect, test } from 'vitest';
import { type ChatReply, type Client, DeadlineError, KeysExhaustedError, ProviderError, StreamInterruptedError } from '../../src/index.ts';
import { createRandom, type Simulator, type SimulatorGroup } from '../../src/simulator/index.ts';
import { ask, key, secretOf, useWorld } from '../support/world.ts';

// Many calls at once over keys that run out, die and recover, with faults by chance. Everything by chance is seeded; what runs when is
// up to the machine, so that only what must hold in any order is asserted.

const world = useWorld();

/** Ten keys in six groups, of which each has its own trouble. */
const GROUPS: readonly SimulatorGroup[] = [
  { id: 'slow', keys: [secret('1'), secret('2')], limits: { rpm: 60, windowMs: 200 } },
  { id: 'spent', keys: [{ ...secret('3'), state: 'spent' }] },
  {
    id: 'dying',
    keys: [
      { ...secret('4'), state: 'dead' },
      { ...secret('5'), changes: [{ atMs: 60, state: 'dead' }] },
    ],
  },
  {
    id: 'coming',
    keys: [
      {
        ...secret('6'),
        changes: [
          { atMs: 40, state: 'spent' },
          { atMs: 200, state: 'ok' },
        ],
      },
    ],
  },
  { id: 'narrow', keys: [secret('7'), secret('8')], concurrency: 6, limits: { tpm: 40_000, windowMs: 500 } },
  { id: 'wide', keys: [secret('9'), secret('10')] },
];

function secret(name: string): { readonly id: string; readonly secret: string } {
  return { id: name, secret: secretOf(name) };
}

const KEYS = GROUPS.flatMap(({ id, keys }) => keys.map((one) => key(typeof one === 'string' ? one : (one.id ?? ''), { group: id ?? '' })));

const echo = ({ prompt }: { readonly prompt: string }): string => `You said: ${prompt}. ${'And so on. '.repeat(4)}`;

async function open() {
  const common = { reply: echo, record: 10_000, latencyMs: { min: 0, max: 4 }, stream: { chunks: 5 } };
  const one = await world.simulator({ ...common, seed: 11, groups: GROUPS });
  const two = await world.simulator({ ...common, seed: 12, groups: [{ id: 'other', keys: [secret('11')] }] });
  const client = world.client({
    providers: {
      one: { protocol: 'openai', baseURL: one.baseURL, keys: KEYS },
      two: { protocol: 'openai', baseURL: two.baseURL, keys: [key('11')] },
    },
    models: { fast: ['one/m', 'two/m'], other: ['two/m', 'one/n'] },
    random: createRandom(42),
    // Which request meets which fault depends on the order of arrival: four sick answers in a row would be rare, ten are not to be seen.
    retry: { attempts: 10 },
  });
  for (const kind of ['reset', 'reset_after_headers', 'overloaded', 'html', 'ok_error', 'malformed'] as const)
    one.fail({ kind, probability: 0.01 });
  one.fail({ kind: 'status', status: 500, probability: 0.01 });
  one.fail({ kind: 'rate_limit', retryAfterMs: 20, probability: 0.01 });
  one.fail({ kind: 'stream_error', afterChunks: 1, probability: 0.01 });
  one.fail({ kind: 'cut', stream: false, probability: 0.01 });
  two.fail({ kind: 'overloaded', probability: 0.05 });
  return { one, two, client };
}

const MODELS = ['one/m', 'fast', 'other', 'one/n'];

type Options = NonNullable<Parameters<Client['chat']>[1]>;

async function call(client: Client, index: number, options: Options = {}): Promise<ChatReply> {
  const request = ask(`question ${index}`, { model: MODELS[index % MODELS.length] ?? 'fast' });
  if (index % 8 < 4) return client.chat(request, options);
  return (await client.chat({ ...request, stream: true }, options)).reply();
}

/** What became of each call. */
type Ended = PromiseSettledResult<ChatReply>;

function split(ended: readonly Ended[]) {
  const replies = ended.flatMap((end, index) => (end.status === 'fulfilled' ? [{ index, reply: end.value }] : []));
  const errors = ended.flatMap((end, index) => (end.status === 'rejected' ? [{ index, error: end.reason as unknown }] : []));
  return { replies, errors };
}

function servedPrompts(...simulators: readonly Simulator[]): readonly string[] {
  return simulators.flatMap((simulator) => simulator.requests().filter(({ outcome }) => outcome === 'served')).map(({ prompt }) => prompt);
}

async function assertNothingLeft(client: Client, ...simulators: readonly Simulator[]): Promise<void> {
  expect(client.keys.list().map(({ inFlight }) => inFlight)).toEqual(client.keys.list().map(() => 0));
  for (const simulator of simulators) await simulator.until(({ inFlight }) => inFlight === 0);
  await client.close();
}

// Seconds of work on a busy machine: the time limit is for a call that never ends.
describe('a thousand calls at once over ten keys in six groups', { timeout: 60_000 }, () => {
  test('are each answered once, with their own answer, or end in the error that tells why', async () => {
    const { one, two, client } = await open();
    const late = [
      one.fail({ kind: 'stream_error', afterChunks: 4, probability: 0.02 }),
      one.fail({ kind: 'cut', stream: true, afterChunks: 4, probability: 0.02 }),
    ];
    const { replies, errors } = split(await Promise.allSettled(Array.from({ length: 1_000 }, (_, index) => call(client, index))));

    expect(replies.filter(({ index, reply }) => reply.text !== echo({ prompt: `question ${index}` }))).toEqual([]);
    // What the servers served is what the callers got: nothing twice, nothing lost, nothing made up.
    const servedIds = [...one.stats().servedIds, ...two.stats().servedIds];
    expect(replies.map(({ reply }) => reply.id).toSorted(byText)).toEqual(servedIds.toSorted(byText));
    expect(new Set(servedPrompts(one, two)).size).toBe(replies.length);

    // There is always a key that can serve, so only streams that broke after their first content failed.
    expect(errors.filter(({ error }) => !(error instanceof StreamInterruptedError))).toEqual([]);
    expect([replies.length + errors.length, errors.length]).toEqual([1_000, late.reduce((sum, { played }) => sum + played, 0)]);
    const partials = errors.map(({ index, error }) => {
      const partial = (error as StreamInterruptedError).partial.choices[0]?.message.content ?? '';
      return partial !== '' && echo({ prompt: `question ${index}` }).startsWith(partial);
    });
    expect(partials).toEqual(partials.map(() => true));

    // The dead and the spent were asked as rarely as it takes to know.
    expect(client.keys.get('3')?.state).toBe('exhausted');
    expect(client.keys.get('4')?.state).toBe('invalid');
    const reports = replies.map(({ reply }) => reply.report);
    expect(reports.filter(({ attempts }) => attempts.at(-1)?.class !== 'ok')).toEqual([]);
    expect(one.stats().received + two.stats().received).toBe(
      [...reports, ...errors.map(({ error }) => reportOf(error))].flatMap((report) => report?.attempts ?? []).length,
    );
    await assertNothingLeft(client, one, two);
  });

  test('or half as many that cannot wait, run out of time or are given up leave nothing behind either', async () => {
    const { one, two, client } = await open();
    for (const target of [one, two]) target.fail({ kind: 'hang', probability: 0.02 });
    const random = createRandom(7);
    const reason = new Error('the caller left');
    const left: (() => void)[] = [];
    const calls = Array.from({ length: 500 }, (_, index) => {
      // One in five has little time; the others stay until they are given up, and one in five of all may not wait.
      if (index % 5 === 1) return call(client, index, { timeoutMs: 20 + 200 * random() });
      const controller = new AbortController();
      left.push(() => controller.abort(reason));
      return call(client, index, { signal: controller.signal, ...(index % 5 === 0 ? { maxWaitMs: 0 } : {}) });
    });
    const settled = Promise.allSettled(calls);
    await one.until(({ received }) => received >= 100);
    for (const leave of left) leave();
    const { replies, errors } = split(await settled);

    expect(replies.filter(({ index, reply }) => reply.text !== echo({ prompt: `question ${index}` }))).toEqual([]);
    expect(new Set(replies.map(({ reply }) => reply.id)).size).toBe(replies.length);
    const served = new Set([...one.stats().servedIds, ...two.stats().servedIds]);
    expect(replies.filter(({ reply }) => !served.has(reply.id))).toEqual([]);
    const right = [KeysExhaustedError, DeadlineError, ProviderError, StreamInterruptedError];
    expect(errors.filter(({ error }) => error !== reason && !right.some((type) => error instanceof type))).toEqual([]);
    // Each was told its own story: who could not wait, whose time was over, who had left.
    expect(errors.filter(({ index, error }) => error === reason && index % 5 === 1)).toEqual([]);
    expect(errors.filter(({ index, error }) => error instanceof DeadlineError && index % 5 !== 1)).toEqual([]);
    expect(errors.some(({ index, error }) => index % 5 === 0 && error instanceof KeysExhaustedError)).toBe(true);
    await assertNothingLeft(client, one, two);
  });
});

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function reportOf(error: unknown): ChatReply['report'] | undefined {
  return error instanceof StreamInterruptedError ? error.report : undefined;
}

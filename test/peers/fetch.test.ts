import type { Client, ClientOptions } from 'keywheel';
import type { Fault, Simulator } from 'keywheel/simulator';
import { describe, expect, test } from 'vitest';
import { group, key, nextEvent, record, secretOf, useWorld } from '../support/world.ts';
import { reply, SAID } from './sdks/answers.ts';
import { SDKS } from './sdks/index.ts';
import type { Failure, Sdk, Session } from './sdks/sdk.ts';
import { type Heard, wiretap } from './sdks/wiretap.ts';

const PLACEHOLDER = 'sk-placeholder-of-the-sdk';
const world = useWorld();

interface Setup {
  readonly simulator: Simulator;
  readonly session: Session;
}

/** An SDK over `client.fetch`, with the keys `a`, which is asked first, and `b`. One that does not heed `x-should-retry` is told not to repeat, as our users are. */
async function setUp(sdk: Sdk, options: ClientOptions = {}): Promise<Setup & { readonly client: Client }> {
  const simulator = await world.simulator({ groups: [group('a'), group('b')], reply });
  const client = world.client({
    ...options,
    providers: { [sdk.protocol]: { baseURL: simulator.baseURLs[sdk.protocol], keys: [key('a', { weight: 2 }), key('b')] } },
  });
  const to = { url: simulator.url, apiKey: PLACEHOLDER, fetch: client.fetch };
  return { simulator, client, session: sdk.connect(sdk.retries === 'deaf' ? { ...to, maxRetries: 0 } : to) };
}

/** The same over the plain fetch with one good key: what its users had before. */
async function setUpPlain(sdk: Sdk): Promise<Setup> {
  const simulator = await world.simulator({ groups: [group('a')], reply });
  const to = { url: simulator.url, apiKey: secretOf('a'), fetch: globalThis.fetch };
  return { simulator, session: sdk.connect({ ...to, maxRetries: 0 }) };
}

/** Every piece of text that is not empty. */
async function piecesOf(stream: AsyncIterable<string>, onPiece: () => void = () => {}): Promise<readonly string[]> {
  const pieces: string[] = [];
  for await (const piece of stream) {
    if (piece === '') continue;
    pieces.push(piece);
    onPiece();
  }
  return pieces;
}

const failureOf = (sdk: Sdk, asked: Promise<unknown>): Promise<Failure | string> =>
  asked.then(
    (answer) => `answered: ${JSON.stringify(answer)}`,
    (error: unknown) => sdk.toFailure(error),
  );

const begun = (client: Client): readonly unknown[] => record(client, 'call-started');

const DEEDS = [
  ['a text', ({ text }: Session) => text('Hi'), SAID.text, 1],
  ['a stream', ({ stream }: Session) => piecesOf(stream('Hi')), SAID.pieces, 1],
  ['tools, in two turns', ({ tools }: Session) => tools('What shall I wear?', (city) => `24 degrees in ${city}`), SAID.afterTool, 2],
  ['structured output', ({ structured }: Session) => structured('The weather as JSON'), SAID.weather, 1],
] as const;

/** What befalls the key that is asked first. */
const TROUBLES: readonly (readonly [string, (simulator: Simulator) => unknown])[] = [
  ['is out of quota', (simulator) => simulator.key('a').set('spent')],
  ['is dead', (simulator) => simulator.key('a').set('dead')],
  ['may not do this', (simulator) => simulator.key('a').set('forbidden')],
  ['is limited for an hour', (simulator) => simulator.fail({ kind: 'rate_limit', key: 'a', retryAfterMs: 3_600_000 })],
  ['meets a sick server', (simulator) => simulator.fail({ kind: 'status', status: 500 })],
  ['loses its connection', (simulator) => simulator.fail({ kind: 'reset' })],
];

const FALSE_STARTS: readonly (readonly [string, Fault])[] = [
  ['begins with an error', { kind: 'stream_error', afterChunks: 0 }],
  ['fails before its first words', { kind: 'stream_error', afterChunks: 1 }],
];

/** How a stream may end before its end, and what the call has met then. */
const BREAKS = [
  ['says an error', { kind: 'stream_error' }, 'server_error'],
  ['ends without its end', { kind: 'cut', how: 'end' }, 'network'],
] as const;

describe.each(SDKS)('$name', (sdk) => {
  test.each(DEEDS)('gets %s as over the plain fetch', async (_what, act, expected, calls) => {
    const plain = await setUpPlain(sdk);
    expect(await act(plain.session)).toEqual(expected);
    const { session, client, simulator } = await setUp(sdk);
    const heard = record(client, 'call-started', 'call-finished', 'call-failed');
    expect(await act(session)).toEqual(expected);
    expect(heard.map(({ name }) => name)).toEqual(Array.from({ length: calls }, () => ['call-started', 'call-finished']).flat());
    expect(simulator.stats()).toMatchObject({ received: calls, served: calls });
  });

  test('shows the provider the leased key and nothing else, in one place', async () => {
    const { simulator, client } = await setUp(sdk);
    await client.close();
    const heard: Heard[] = [];
    const tapped = await world.server(wiretap(simulator.url, heard));
    const baseURL = simulator.baseURLs[sdk.protocol].replace(simulator.url, tapped.url);
    const { fetch } = world.client({ providers: { [sdk.protocol]: { baseURL, keys: [key('a')] } } });
    const session = sdk.connect({ url: tapped.url, apiKey: PLACEHOLDER, fetch });
    for (const [, act, expected] of DEEDS) expect(await act(session)).toEqual(expected);
    expect(heard.map((each) => JSON.stringify(each)).filter((text) => text.includes(PLACEHOLDER))).toEqual([]);
    expect(heard.map((each) => JSON.stringify(each).split(secretOf('a')).length - 1)).toEqual(heard.map(() => 1));
  });

  test.each(TROUBLES)('notices nothing of a key that %s', async (_what, befall) => {
    const { session, client, simulator } = await setUp(sdk);
    befall(simulator);
    const calls = begun(client);
    expect(await session.text('Hi')).toBe(SAID.text);
    expect(calls).toHaveLength(1);
    expect(simulator.stats().received).toBe(2);
    expect(await piecesOf(session.stream('Hi'))).toEqual(SAID.pieces);
  });

  test.each(FALSE_STARTS)('notices nothing of a stream that %s', async (_what, fault) => {
    const { session, client, simulator } = await setUp(sdk);
    simulator.fail(fault);
    const calls = begun(client);
    expect(await piecesOf(session.stream('Hi'))).toEqual(SAID.pieces);
    expect(calls).toHaveLength(1);
    expect(simulator.stats().received).toBe(2);
  });

  test.each(BREAKS)(
    'is told as over the plain fetch when a stream %s among its words, and nothing is repeated',
    async (_how, fault, met) => {
      const end = async ({ simulator, session }: Setup): Promise<unknown> => {
        const pieces: string[] = [];
        simulator.fail({ ...fault, afterChunks: 4 });
        const reading = (async () => {
          for await (const piece of session.stream('Hi')) if (piece !== '') pieces.push(piece);
        })();
        return { failure: await failureOf(sdk, reading), pieces, received: simulator.stats().received };
      };
      const plain = await end(await setUpPlain(sdk));
      const ours = await setUp(sdk);
      const failed = nextEvent(ours.client, 'call-failed');
      expect(await end(ours)).toEqual(plain);
      expect(plain).toMatchObject({ received: 1 });
      // However the SDK leaves a stream that failed, the call has met the error.
      expect(await failed).toMatchObject({ class: met });
    },
  );
});

describe.each(SDKS)('$name, aborted', (sdk) => {
  test('before anything is sent: as over the plain fetch', async () => {
    const end = async ({ simulator, session }: Setup): Promise<unknown> => {
      const failure = await failureOf(sdk, session.text('Hi', AbortSignal.abort()));
      return { failure, received: simulator.stats().received };
    };
    const plain = await end(await setUpPlain(sdk));
    expect(await end(await setUp(sdk))).toEqual(plain);
    expect(plain).toMatchObject({ received: 0 });
  });

  test('while it waits for the answer: its own error, and nothing is repeated', async () => {
    const end = async ({ simulator, session }: Setup): Promise<unknown> => {
      simulator.fail({ kind: 'hang' });
      const controller = new AbortController();
      const failing = failureOf(sdk, session.text('Hi', controller.signal));
      await simulator.until(({ received }) => received === 1);
      controller.abort();
      return { failure: await failing, received: simulator.stats().received };
    };
    const ours = await setUp(sdk);
    const heard = record(ours.client, 'call-started', 'call-failed');
    const told = await end(ours);
    expect(told).toEqual(await end(await setUpPlain(sdk)));
    expect(told).toMatchObject({ failure: { type: sdk.abortsAs }, received: 1 });
    expect(heard).toMatchObject([{ name: 'call-started' }, { name: 'call-failed', payload: { class: 'aborted' } }]);
  });

  test('among the words of a stream: as over the plain fetch, and nothing is repeated', async () => {
    const end = async ({ simulator, session }: Setup): Promise<unknown> => {
      simulator.fail({ kind: 'silence', afterChunks: 4 });
      const controller = new AbortController();
      const reading = piecesOf(session.stream('Hi', controller.signal), () => controller.abort());
      // Some SDKs end quietly, others throw; what came in one packet may still be read.
      const failure = await failureOf(
        sdk,
        reading.then(([first]) => first),
      );
      await simulator.until(({ abortedStreams }) => abortedStreams === 1);
      return { failure, received: simulator.stats().received };
    };
    const plain = await end(await setUpPlain(sdk));
    expect(await end(await setUp(sdk))).toEqual(plain);
    expect(plain).toMatchObject({ received: 1 });
  });
});

describe.each(SDKS)('$name, in the end', (sdk) => {
  test.each([
    ['a wrong request', 400, 1],
    ['a sick server', 500, 4],
  ])('has its own error of %s, once', async (_what, status, attempts) => {
    const plain = await setUpPlain(sdk);
    plain.simulator.fail({ kind: 'status', status });
    const usual = await failureOf(sdk, plain.session.text('Hi'));
    const { session, client, simulator } = await setUp(sdk);
    simulator.fail({ kind: 'status', status, probability: 1 });
    const calls = begun(client);
    expect(await failureOf(sdk, session.text('Hi'))).toEqual(usual);
    expect(usual).toMatchObject({ status });
    expect(calls).toHaveLength(1);
    expect(simulator.stats().received).toBe(attempts);
  });

  test('has its own error of a spent quota, once, with the time to come back, and nothing is sent in between', async () => {
    const plain = await setUpPlain(sdk);
    plain.simulator.fail({ kind: 'rate_limit' });
    const usual = (await failureOf(sdk, plain.session.text('Hi'))) as Failure;
    const { session, client, simulator } = await setUp(sdk);
    for (const name of ['a', 'b']) simulator.key(name).set('spent');
    const calls = begun(client);
    // Google's SDK shows no headers.
    const told = { type: usual.type, status: 429, ...('retryAfter' in usual && { retryAfter: expect.stringMatching(/^\d+$/) }) };
    expect(await failureOf(sdk, session.text('Hi'))).toMatchObject(told);
    expect(await failureOf(sdk, session.text('Hi'))).toMatchObject(told);
    expect(calls).toHaveLength(2);
    expect(simulator.stats().received).toBe(2);
  });
});

describe.each(SDKS.filter(({ name }) => name.startsWith('ai ')))('$name, which does not heed x-should-retry', (sdk) => {
  test('asks three times where it is not told maxRetries: 0', async () => {
    const { simulator, client } = await setUp(sdk, { retry: { attempts: 1 } });
    simulator.fail({ kind: 'status', status: 500, probability: 1, headers: { 'retry-after-ms': '1' } });
    const calls = begun(client);
    const session = sdk.connect({ url: simulator.url, apiKey: PLACEHOLDER, fetch: client.fetch });
    expect(await failureOf(sdk, session.text('Hi'))).toMatchObject({ type: 'RetryError of 3', status: 500 });
    expect(calls).toHaveLength(3);
  });
});

describe.each(SDKS.filter((sdk) => sdk.connect({ url: '', apiKey: 'k', fetch: globalThis.fetch }).embed !== undefined))('$name', (sdk) => {
  test('gets embeddings as over the plain fetch, over a spent key too', async () => {
    const embed = async ({ session }: Setup): Promise<unknown> => session.embed?.(['a wheel', 'a key']);
    const plain = await embed(await setUpPlain(sdk));
    const ours = await setUp(sdk);
    ours.simulator.key('a').set('spent');
    expect(await embed(ours)).toEqual(plain);
    expect(plain).toMatchObject([{ length: 8 }, { length: 8 }]);
    expect(ours.simulator.stats()).toMatchObject({ received: 2, served: 1 });
  });
});

test('all SDKs at once, over one client', async () => {
  const simulator = await world.simulator({ groups: [group('a'), group('b', { state: 'spent' })], reply });
  const { fetch } = world.client({
    providers: Object.fromEntries(
      (['openai', 'anthropic', 'google'] as const).map((protocol) => {
        const baseURL = simulator.baseURLs[protocol].replace(simulator.url, `${simulator.url}/${protocol}`);
        return [
          protocol,
          {
            baseURL,
            keys: [
              { ...key('a'), id: `${protocol}-a` },
              { ...key('b'), id: `${protocol}-b` },
            ],
          },
        ];
      }),
    ),
  });
  const sessions = SDKS.map((sdk) => sdk.connect({ url: `${simulator.url}/${sdk.protocol}`, apiKey: PLACEHOLDER, fetch }));
  const answers = sessions.flatMap((session) => [session.text('Hi'), piecesOf(session.stream('Hi')).then((pieces) => pieces.join(''))]);
  expect(await Promise.all(answers)).toEqual(answers.map(() => SAID.text));
});

import { createClient } from 'keywheel';
import { type Reply, startSimulator } from 'keywheel/simulator';
import { describe, expect, test } from 'vitest';
import { aiSdk, anthropic, google, openai, type Peer } from './peers.ts';
import { saidBy } from './said.ts';

const KEY = 'sk-test-0123456789abcdef';

/** Each protocol, the SDKs that speak it, and what each takes for the address of the simulator. */
const TONGUES: readonly (readonly [
  protocol: 'openai' | 'anthropic' | 'google' | 'cohere' | 'bedrock',
  model: string,
  peers: readonly (readonly [string, Peer, string])[],
])[] = [
  [
    'openai',
    'gpt-5-mini',
    [
      ['openai', openai, '/v1'],
      ['ai', aiSdk.openai, '/v1'],
    ],
  ],
  [
    'anthropic',
    'claude-haiku-4-5',
    [
      ['anthropic', anthropic, ''],
      ['ai', aiSdk.anthropic, '/v1'],
    ],
  ],
  [
    'google',
    'gemini-3-pro',
    [
      ['google', google, ''],
      ['ai', aiSdk.google, '/v1beta'],
    ],
  ],
  ['cohere', 'command-a', [['ai', aiSdk.cohere, '/v2']]],
  ['bedrock', 'anthropic.claude-haiku-4-5', [['ai', aiSdk.bedrock, '']]],
];

const ANSWERS: readonly (readonly [string, Reply])[] = [
  ['a text', 'the wheel turns, größer als ✓'],
  ['thoughts and a text', { reasoning: 'It turns.', content: 'the wheel turns' }],
  [
    'tool calls',
    {
      toolCalls: [
        { name: 'look_up', arguments: '{"what":"wheel"}' },
        { name: 'measure', arguments: '{}' },
      ],
    },
  ],
  ['a text that was clipped', { content: 'the wheel', finishReason: 'length' }],
  ['a prompt from the cache', { content: 'the wheel', cachedTokens: 1 }],
];

const rows = TONGUES.flatMap(([protocol, model, peers]) =>
  peers.flatMap(([name, peer, base]) =>
    ANSWERS.flatMap(([what, answer]) =>
      [false, true].map((stream) => ({ protocol, model, name, peer, base, what, answer, stream, how: stream ? 'streamed' : 'whole' })),
    ),
  ),
);

describe('the simulator, to keywheel and to the SDKs', () => {
  test.each(rows)('$protocol: $what, $how, is the same for $name', async ({ protocol, model, peer, base, answer, stream }) => {
    await using simulator = await startSimulator({ groups: [{ keys: [KEY] }], reply: () => answer });
    await using client = createClient({ env: {}, providers: { [protocol]: { baseURL: simulator.baseURLs[protocol], keys: [KEY] } } });
    const request = { model: `${protocol}/${model}`, messages: [{ role: 'user' as const, content: 'Hi' }] };
    const reply = stream
      ? await (await client.chat({ ...request, stream: true })).reply()
      : await client.chat({ ...request, stream: false });
    // The AI SDK counts what Cohere processed, keywheel what it bills; both stand in the usage.
    const said = saidBy(reply, protocol === 'cohere' ? 'tokens' : undefined);
    expect(said).toEqual(await peer(simulator.url + base, stream, ['look_up', 'measure']));
  });
});

import { createClient, type ChatReply } from 'keywheel';
import { describe, expect, test } from 'vitest';
import { aiSdk, anthropic, google, openai, type Peer } from './peers.ts';
import { type Envelope, startReplay } from './replay.ts';
import { saidBy } from './said.ts';
import { type Recording, recordingsIn } from './sources.ts';

/** A family of recordings, who else reads them, and what each client takes for the base URL of the same server. */
interface Bench {
  readonly folder: string;
  readonly provider: string;
  readonly model: string;
  readonly envelope: Envelope;
  readonly base: string;
  readonly peers: readonly (readonly [name: string, peer: Peer, base: string])[];
  /** A field of the usage that its peers count by, where keywheel counts by another one. */
  readonly counts?: string;
}

const BENCHES: readonly Bench[] = [
  {
    folder: 'openai/chat',
    provider: 'openai',
    model: 'gpt-5-mini',
    envelope: 'openai',
    base: '/v1',
    peers: [
      ['openai', openai, '/v1'],
      ['ai', aiSdk.openai, '/v1'],
    ],
  },
  { folder: 'groq', provider: 'groq', model: 'llama', envelope: 'openai', base: '/v1', peers: [['ai', aiSdk.groq, '/v1']] },
  {
    folder: 'deepseek/chat',
    provider: 'deepseek',
    model: 'deepseek-chat',
    envelope: 'openai',
    base: '',
    peers: [['ai', aiSdk.deepseek, '']],
  },
  {
    folder: 'mistral',
    provider: 'mistral',
    model: 'mistral-small',
    envelope: 'openai',
    base: '/v1',
    peers: [['ai', aiSdk.mistral, '/v1']],
  },
  { folder: 'xai', provider: 'xai', model: 'grok-4', envelope: 'openai', base: '/v1', peers: [['ai', aiSdk.xai, '/v1']] },
  { folder: 'perplexity', provider: 'perplexity', model: 'sonar', envelope: 'openai', base: '', peers: [['ai', aiSdk.perplexity, '']] },
  { folder: 'moonshotai', provider: 'moonshot', model: 'kimi', envelope: 'openai', base: '/v1', peers: [['openai', openai, '/v1']] },
  {
    folder: 'anthropic',
    provider: 'anthropic',
    model: 'claude-haiku-4-5',
    envelope: 'typed',
    base: '/v1',
    peers: [
      ['anthropic', anthropic, ''],
      ['ai', aiSdk.anthropic, '/v1'],
    ],
  },
  {
    folder: 'google',
    provider: 'google',
    model: 'gemini-3-pro',
    envelope: 'google',
    base: '/v1beta',
    peers: [
      ['google', google, ''],
      ['ai', aiSdk.google, '/v1beta'],
    ],
  },
  // The AI SDK counts what was processed, keywheel what is billed; both stand in the usage.
  {
    folder: 'cohere',
    provider: 'cohere',
    model: 'command-a',
    envelope: 'typed',
    base: '',
    peers: [['ai', aiSdk.cohere, '/v2']],
    counts: 'tokens',
  },
  {
    folder: 'amazon-bedrock',
    provider: 'bedrock',
    model: 'anthropic.claude-haiku-4-5',
    envelope: 'frames',
    base: '',
    peers: [['ai', aiSdk.bedrock, '']],
  },
];

/** What a peer reads otherwise (`recording peer`), and why that is no fault of ours. */
const EXCEPT: readonly (readonly [rows: RegExp, why: string])[] = [
  [/compaction.* anthropic$/, 'the SDK tells the last iteration, keywheel and the AI SDK the sum of all that are billed'],
  [/compaction.* ai$/, 'the AI SDK takes the summary for text of the answer; keywheel keeps its block beside it'],
  [/(programmatic-tool-calling|tool-search).*chunks/, 'the file holds the answers to several requests, one after the other'],
  [/tool-search-deferred.*\.json ai$/, 'the AI SDK misses the call of the turn before'],
  [/duplicate-message-start.* anthropic$/, 'the SDK refuses an event that came twice'],
  [/spliced-message-start/, 'two messages in one: everybody refuses it in a way of their own'],
  [/google-(stream|vertex).* google$/, 'the SDK hands on the pieces of streamed arguments as they come'],
];

async function ask(bench: Bench, url: string, kind: Recording['kind']): Promise<ChatReply> {
  await using client = createClient({
    env: {},
    providers: { [bench.provider]: { baseURL: url + bench.base, keys: ['sk-test-0123456789abcdef'] } },
  });
  const request = { model: `${bench.provider}/${bench.model}`, messages: [{ role: 'user' as const, content: 'Hi' }] };
  if (kind === 'whole') return await client.chat({ ...request, stream: false });
  return await (await client.chat({ ...request, stream: true })).reply();
}

describe.each(BENCHES)('recordings of $folder', (bench) => {
  const recordings = recordingsIn(bench.folder).filter(({ name }) => !/embed/.test(name));
  test.skipIf(recordings.length > 0)('are not at hand, so nobody can judge them', () => {
    expect(recordings).toEqual([]);
  });

  const rows = recordings.flatMap((recording) =>
    bench.peers.map(([name, peer, base]) => [recording.name, name, recording, peer, base] as const),
  );
  const isExcepted = ([name, peer]: (typeof rows)[number]): boolean => EXCEPT.some(([pattern]) => pattern.test(`${name} ${peer}`));
  test.each(rows.filter((row) => !isExcepted(row)))('%s says the same to %s', async (_name, _peer, recording, peer, base) => {
    const server = await startReplay(recording, bench.envelope);
    try {
      const said = saidBy(await ask(bench, server.url, recording.kind), bench.counts);
      const theirs = await peer(
        server.url + base,
        recording.kind === 'stream',
        said.tools.map(({ name }) => name),
      );
      expect(said).toEqual(theirs);
    } finally {
      await server.close();
    }
  });
});

test.skipIf(recordingsIn('anthropic').length === 0)('no exception is stale', () => {
  const all = BENCHES.flatMap((bench) => recordingsIn(bench.folder).flatMap(({ name }) => bench.peers.map(([peer]) => `${name} ${peer}`)));
  expect(EXCEPT.filter(([pattern]) => !all.some((row) => pattern.test(row))).map(([, why]) => why)).toEqual([]);
});

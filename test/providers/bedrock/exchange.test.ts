import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { createClient, type Client } from '../../../src/index.ts';
import { readBody, startStub } from '../../support/stub-server.ts';
import { CLAUDE, toBytes, type Told } from './support.ts';

// Bedrock as a whole: keys that sign, binary frames, failures, over a socket.
const ID = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const TOKEN = 'FwoGZXIvYXdzEBYaDG-session-token==';
const OTHER = 'ABSKQmVkcm9ja0FQSUtleS1ub2JvZHlz';

const ANSWER: Told = [
  ['messageStart', { role: 'assistant' }],
  ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hel' } }],
  ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'lo' } }],
  ['contentBlockStop', { contentBlockIndex: 0 }],
  ['messageStop', { stopReason: 'end_turn' }],
  ['metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }],
];

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** What the server answers to each request, the last one again and again. */
type Served = { readonly status: number; readonly body: string; readonly type: string } | Uint8Array;

async function open(served: readonly Served[], keys: readonly string[]): Promise<{ readonly client: Client; readonly seen: string[] }> {
  const seen: string[] = [];
  const server = await startStub((request, response) => {
    void readBody(request).then(() => {
      seen.push(request.headers.authorization ?? '');
      const answer = served[Math.min(seen.length, served.length) - 1];
      if (answer instanceof Uint8Array) {
        response
          .writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-requestid': `r-${seen.length}` })
          .end(answer);
      } else if (answer !== undefined) {
        response.writeHead(answer.status, { 'content-type': 'application/json', 'x-amzn-errortype': answer.type }).end(answer.body);
      }
    });
  });
  cleanups.push(() => server.close());
  const client = createClient({ providers: { bedrock: { baseURL: server.url, keys: [...keys] } }, retry: { attempts: 1 } });
  cleanups.push(() => client.close());
  return { client, seen };
}

const ask = (model = CLAUDE) => ({ model: `bedrock/${model}`, messages: [{ role: 'user', content: 'Hi' }] }) as const;

describe('a call', () => {
  test.each([
    [`${ID}:${SECRET}:${TOKEN}`, `AWS4-HMAC-SHA256 Credential=${ID}/`],
    [OTHER, `Bearer ${OTHER}`],
  ])('with the key %s streams its answer', async (key, begins) => {
    const { client, seen } = await open([toBytes(ANSWER)], [key]);
    const stream = await client.chat({ ...ask(), stream: true });
    const reply = await stream.reply();
    expect(reply.text).toBe('Hello');
    expect(reply.usage?.total_tokens).toBe(3);
    expect(seen).toEqual([expect.stringContaining(begins)]);
  });

  test('that is throttled inside its stream goes on with another key', async () => {
    const throttled = toBytes([ANSWER[0] ?? ['', {}], ['throttlingException', { message: 'Too many requests' }]]);
    const { client, seen } = await open([throttled, toBytes(ANSWER)], [`${ID}:${SECRET}`, OTHER]);
    const stream = await client.chat({ ...ask(), stream: true });
    expect((await stream.reply()).text).toBe('Hello');
    expect(seen).toHaveLength(2);
    expect(
      client.keys.list().filter(({ holds }) => holds.some((hold) => hold.class === 'rate_limited' && hold.model === CLAUDE)),
    ).toHaveLength(1);
  });

  test.each<[string, Buffer]>([
    ['is cut', toBytes(ANSWER.slice(0, 3)).subarray(0, -5)],
    ['is damaged', damage(toBytes(ANSWER))],
  ])('whose stream %s is interrupted, with what came', async (_how, bytes) => {
    const { client } = await open([bytes], [OTHER]);
    const stream = await client.chat({ ...ask(), stream: true });
    await expect(stream.reply()).rejects.toMatchObject({
      name: 'StreamInterruptedError',
      partial: { choices: [{ message: { content: 'Hel' } }] },
    });
  });

  test('whose secret is echoed tells nothing of it', async () => {
    const message = `The security token ${TOKEN} of ${ID} is invalid: AWS4${SECRET} x-amz-security-token=${encodeURIComponent(TOKEN)}`;
    const { client } = await open(
      [{ status: 403, type: 'UnrecognizedClientException', body: JSON.stringify({ message }) }],
      [`${ID}:${SECRET}:${TOKEN}`],
    );
    const error: unknown = await client.chat(ask()).catch((reason: unknown) => reason);
    const told = inspect(error, { depth: 9, showHidden: true }) + inspect(client.keys.list(), { depth: 9 });
    for (const part of [ID, SECRET, TOKEN, encodeURIComponent(TOKEN)]) expect(told).not.toContain(part);
    expect(client.keys.list()[0]).toMatchObject({ label: 'AKIA…MPLE', state: 'invalid' });
  });
});

/** One bit of the second delta. */
function damage(bytes: Buffer): Buffer {
  const place = bytes.indexOf('"lo"') + 1;
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  return bytes;
}

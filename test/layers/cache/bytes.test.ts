import { describe, expect, test } from 'vitest';
import type { RawAnswer } from '../../../src/call.ts';
import type { FetchRequest } from '../../../src/chat/fetched.ts';
import { CacheMissError, ProviderError } from '../../../src/errors.ts';
import { aFetch, readAll } from '../../transport/support.ts';
import { createRig, HOUR_MS, type Ask, type Rig, settle } from './rig.ts';

function asking(more: Partial<FetchRequest> = {}): Ask {
  return { asked: { operation: 'fetch', request: aFetch('https://openai.test', more) }, stream: more.endpoint?.stream ?? false };
}

async function get({ ask }: Rig, wanted: Ask): Promise<RawAnswer & { readonly text: string; readonly cache: string }> {
  const { call, answer } = ask(wanted);
  const raw = await answer;
  if (raw.kind !== 'raw') throw new Error('Expected bytes');
  return { ...raw, text: await readAll(raw.parts), cache: call.trace.cache };
}

describe('bytes of a fetch', () => {
  test('are kept as they came, with their status and their type alone', async () => {
    const rig = createRig();
    const odd = Buffer.from([0, 255, 200, 34, 92, 10, 0xc4]);
    rig.auto = ({ bytes }) => bytes(['data: "x"\n\n', odd]);
    const first = await get(rig, asking());
    await settle();
    const second = await rig.ask(asking()).answer;
    if (second.kind !== 'raw') throw new Error('Expected bytes');
    const pieces: Uint8Array[] = [];
    for await (const piece of second.parts) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(Buffer.concat([Buffer.from('data: "x"\n\n'), odd]))).toBe(true);
    expect(first.headers).toEqual({ 'content-type': 'text/x', 'x-request-id': 'r1' });
    expect([second.status, second.headers]).toEqual([200, { 'content-type': 'text/x' }]);
    expect(rig.upstreams).toHaveLength(1);
    expect(rig.facts).toEqual(['stored', 'hit']);
    expect((await second.done).status).toBe('complete');
  });

  test.each([
    ['what is not worth it', { status: 'complete', storable: false }],
    ['what nobody judged', { status: 'complete' }],
    ['what failed at its end', { status: 'failed', error: new Error('cut') }],
  ] as const)('are not kept of %s, and pass all the same', async (_name, end) => {
    const rig = createRig();
    rig.auto = ({ bytes }) => bytes(['abc'], end);
    const first = await get(rig, asking());
    expect(first.text).toBe('abc');
    expect((await first.done).status).toBe(end.status);
    await settle();
    await get(rig, asking());
    expect(rig.upstreams).toHaveLength(2);
  });

  test('that are under way are shared, also by who comes later', async () => {
    const rig = createRig();
    const one = rig.ask(asking());
    const two = rig.ask(asking());
    await settle();
    rig.upstreams[0]?.bytes(['abc', 'def']);
    const answers = await Promise.all([one.answer, two.answer]);
    const texts = await Promise.all(answers.map(async (answer) => (answer.kind === 'raw' ? readAll(answer.parts) : '')));
    expect(texts).toEqual(['abcdef', 'abcdef']);
    expect([one.call.trace.cache, two.call.trace.cache]).toEqual(['miss', 'shared']);
    expect(rig.upstreams).toHaveLength(1);
  });

  test('go on for others when the first reader leaves', async () => {
    const rig = createRig();
    const one = rig.ask(asking());
    const two = rig.ask(asking());
    await settle();
    rig.upstreams[0]?.bytes(['abc', 'def']);
    const [first, second] = await Promise.all([one.answer, two.answer]);
    if (first.kind !== 'raw' || second.kind !== 'raw') throw new Error('Expected bytes');
    await first.parts.next();
    await first.parts.return?.();
    expect(await readAll(second.parts)).toBe('abcdef');
  });

  test('serve when they are stale and nothing else can', async () => {
    const rig = createRig({ staleMs: HOUR_MS });
    rig.auto = ({ bytes }) => bytes(['abc']);
    await get(rig, asking());
    await settle();
    await rig.clock.advance(HOUR_MS + 1);
    rig.auto = ({ fail }) => fail(new ProviderError('Cannot answer', { class: 'overloaded' }));
    const late = await get(rig, asking());
    expect([late.text, late.cache]).toEqual(['abc', 'stale']);
  });

  test.each<[string, Partial<FetchRequest>, boolean]>([
    ['the same with its fields in another order', { json: { messages: [{ content: 'Hi', role: 'user' }], model: 'gpt-5-mini' } }, true],
    ['another client', { headers: { 'content-type': 'application/json', 'user-agent': 'x', 'x-stainless-retry-count': '1' } }, true],
    ['another body', { json: { model: 'gpt-5-mini', messages: [] } }, false],
    ['another address', { url: 'https://openai.test/v1/chat/completions?api-version=2' }, false],
    ['a version', { headers: { 'content-type': 'application/json', 'anthropic-beta': 'x' } }, false],
    ['a header that nobody knows', { headers: { 'content-type': 'application/json', 'x-customer': '7' } }, false],
  ])('are found by %s: %#', async (_name, more, found) => {
    const rig = createRig();
    rig.auto = ({ bytes }) => bytes(['abc']);
    await get(rig, asking());
    await settle();
    await get(rig, asking(more));
    expect(rig.upstreams).toHaveLength(found ? 1 : 2);
  });

  test.each<[string, Partial<FetchRequest>]>([
    ['what may have effects', { endpoint: { kind: 'other', protocol: undefined, stream: false } }],
    ['what is read', { method: 'GET', body: { kind: 'none' } }],
    ['what is no JSON', { body: { kind: 'text', text: 'x' }, json: 'x' }],
  ])('are never kept of %s', async (_name, more) => {
    const rig = createRig();
    rig.auto = ({ bytes }) => bytes(['abc']);
    expect((await get(rig, asking(more))).cache).toBe('off');
    await settle();
    await get(rig, asking(more));
    expect(rig.upstreams).toHaveLength(2);
    await expect(rig.ask({ ...asking(more), mode: 'only' }).answer).rejects.toThrow(CacheMissError);
  });

  test('of one tenant are nobody else’s', async () => {
    const rig = createRig();
    rig.auto = ({ bytes }) => bytes(['abc']);
    await get(rig, { ...asking(), settings: { tenant: 'a' } });
    await settle();
    await get(rig, { ...asking(), settings: { tenant: 'b' } });
    expect(rig.upstreams).toHaveLength(2);
  });
});

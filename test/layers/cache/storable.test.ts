import { describe, expect, test } from 'vitest';
import type { ChatChunk } from '../../../src/chat/chunk.ts';
import type { ChatCompletion } from '../../../src/chat/reply.ts';
import { isStorable, StreamCheck } from '../../../src/chat/storable.ts';
import { completion, createRig, delta, finish, partsOf, type Rig, settle, type StreamSource, textOf, usageChunk } from './rig.ts';

const ends: readonly [reason: unknown, kept: boolean][] = [
  ['stop', true],
  ['tool_calls', true],
  ['function_call', true],
  ['length', false],
  ['model_length', false],
  ['content_filter', false],
  ['error', false],
  ['insufficient_system_resource', false],
  ['something new', false],
  [null, false],
  [undefined, false],
];

const withReason = (reason: unknown): ChatCompletion =>
  completion('x', { choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: reason as string }] });

const check = (...chunks: readonly ChatChunk[]): boolean => {
  const stream = new StreamCheck();
  for (const chunk of chunks) stream.see(chunk);
  return stream.isStorable;
};

describe('worth keeping', () => {
  test.each(ends)('an answer that ends with %s: %s', (reason, kept) => {
    expect(isStorable(withReason(reason))).toBe(kept);
    expect(check(delta('x'), { ...finish(), choices: [{ index: 0, delta: {}, finish_reason: reason as string }] }, usageChunk)).toBe(kept);
  });

  test.each<[string, ChatCompletion]>([
    [
      'refused',
      completion('', { choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: 'No' }, finish_reason: 'stop' }] }),
    ],
    ['without a choice', completion('', { choices: [] })],
    ['with an error inside', completion('', { error: { message: 'no' } })],
    ['of which one choice was cut', completion('', { choices: [...withReason('stop').choices, ...withReason('length').choices] })],
  ])('not a reply %s', (_what, whole) => {
    expect(isStorable(whole)).toBe(false);
  });

  test.each<[string, readonly ChatChunk[]]>([
    ['that refused', [{ ...delta(''), choices: [{ index: 0, delta: { refusal: 'No' }, finish_reason: null }] }, finish()]],
    ['without a choice', [usageChunk]],
    ['without an end', [delta('x')]],
    ['with an error inside', [delta('x'), { ...finish(), error: { message: 'no' } }]],
    [
      'of which one choice has no end',
      [{ ...delta('x'), choices: [{ index: 1, delta: { content: 'y' }, finish_reason: null }] }, finish()],
    ],
  ])('not a stream %s', (_what, chunks) => {
    expect(check(...chunks)).toBe(false);
  });

  test('a reply with empty refusals, and a stream that talks on after its end', () => {
    const whole = completion('', {
      choices: [{ index: 0, message: { role: 'assistant', content: 'x', refusal: null }, finish_reason: 'stop' }],
    });
    expect(isStorable(whole)).toBe(true);
    expect(
      check({ ...delta('x'), choices: [{ index: 0, delta: { content: 'x', refusal: null }, finish_reason: null }] }, finish(), delta('')),
    ).toBe(true);
  });

  test('not embeddings of nothing', () => {
    expect(isStorable({ object: 'list', data: [], model: 'e' })).toBe(false);
  });
});

describe('never stored', () => {
  const flown = async (rig: Rig): Promise<{ source: StreamSource; text: Promise<string> }> => {
    const { answer } = rig.ask({ stream: true });
    await settle();
    const source = rig.upstreams[0]?.stream();
    if (source === undefined) throw new Error('No flight');
    return { source, text: textOf(partsOf(await answer)) };
  };

  test.each<[string, (source: StreamSource) => void]>([
    ['interrupted', (source) => source.fail(new Error('cut'))],
    ['truncated', (source) => source.push(finish('length'))],
    ['filtered', (source) => source.push(finish('content_filter'))],
    ['unfinished', () => {}],
  ])('a stream that is %s', async (_how, spoil) => {
    const rig = createRig();
    const { source, text } = await flown(rig);
    const end = text.catch(() => {});
    source.push(delta('x'));
    await settle();
    spoil(source);
    source.end();
    await end;
    await settle();
    expect(rig.facts).toEqual([]);
    await expect(rig.ask({ mode: 'only' }).answer).rejects.toMatchObject({ code: 'cache_miss' });
  });

  test('an error', async () => {
    const rig = createRig();
    rig.auto = (upstream) => upstream.fail(new Error('no'));
    await expect(rig.ask().answer).rejects.toThrow('no');
    expect(rig.facts).toEqual([]);
  });
});

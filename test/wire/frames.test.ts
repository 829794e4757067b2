import { array, assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Body } from '../../src/wire/body.ts';
import { FrameReader, isFramed } from '../../src/wire/frames.ts';
import { WireError, type WireEvent } from '../../src/wire/index.ts';
import { toEventFrame, toExceptionFrame, toFrame } from '../support/frames.ts';

const FRAMES = [
  toEventFrame('messageStart', { role: 'assistant' }),
  toEventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Grüße, 世界 🎉' } }),
  toEventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'x'.repeat(3000) } }),
  toFrame({}, ''),
  toExceptionFrame('throttlingException', { message: 'Too many requests' }),
  toFrame({ ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'It "broke"' }, ''),
];
const EVENTS: readonly WireEvent[] = [
  { event: 'messageStart', data: '{"role":"assistant"}' },
  { event: 'contentBlockDelta', data: '{"contentBlockIndex":0,"delta":{"text":"Grüße, 世界 🎉"}}' },
  { event: 'contentBlockDelta', data: `{"contentBlockIndex":0,"delta":{"text":"${'x'.repeat(3000)}"}}` },
  { event: undefined, data: '' },
  { event: 'throttlingException', data: '{"message":"Too many requests"}', exception: true },
  { event: 'InternalError', data: '{"message":"It \\"broke\\""}', exception: true },
];
const WHOLE = Buffer.concat(FRAMES);

function bodyOf(pieces: readonly Uint8Array[]): Body {
  const body = new Body({ pause: () => {}, resume: () => {}, abort: () => {} }, 1e9);
  for (const piece of pieces) body.push(piece);
  body.end();
  return body;
}

async function readAll(pieces: readonly Uint8Array[], longest = 1e6): Promise<WireEvent[]> {
  const reader = new FrameReader(bodyOf(pieces), longest);
  const events: WireEvent[] = [];
  for (let open = true; open;) {
    open = await reader.fill();
    for (let event = reader.take(); event !== undefined; event = reader.take()) events.push(event);
  }
  return events;
}

function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const length of lengths) {
    pieces.push(bytes.subarray(start, start + length));
    start += length;
  }
  return [...pieces, bytes.subarray(start)];
}

describe('FrameReader', () => {
  test('reads events, exceptions and errors', async () => {
    expect(await readAll([WHOLE])).toEqual(EVENTS);
  });

  test('reads the same one byte at a time', async () => {
    expect(await readAll([...WHOLE].map((byte) => Uint8Array.of(byte)))).toEqual(EVENTS);
  });

  test('reads the same however the bytes are cut', async () => {
    await assert(
      asyncProperty(array(integer({ min: 0, max: 2000 }), { maxLength: 20 }), async (lengths) => {
        expect(await readAll(cut(WHOLE, lengths))).toEqual(EVENTS);
      }),
      { numRuns: 60 },
    );
  });

  test('writes nothing into the pieces that it was given', async () => {
    const pieces = cut(WHOLE, [10, 400, 30]);
    const before = pieces.map((piece) => Buffer.from(piece));
    await readAll(pieces);
    expect(pieces.map((piece) => Buffer.from(piece))).toEqual(before);
  });

  test('has an event at hand as soon as its last byte came', async () => {
    const body = new Body({ pause: () => {}, resume: () => {}, abort: () => {} }, 1e9);
    const reader = new FrameReader(body, 1e6);
    const [first = Buffer.alloc(0)] = FRAMES;
    body.push(first.subarray(0, -1));
    expect(await reader.fill()).toBe(true);
    expect(reader.take()).toBeUndefined();
    body.push(first.subarray(-1));
    await reader.fill();
    expect(reader.take()).toEqual(EVENTS[0]);
    expect(reader.take()).toBeUndefined();
  });

  test('takes what is left of a cut message for nothing', async () => {
    const bytes = Buffer.concat(FRAMES.slice(0, 2));
    for (const length of [bytes.length - 1, (FRAMES[0]?.length ?? 0) + 1, (FRAMES[0]?.length ?? 0) + 13]) {
      expect(await readAll([bytes.subarray(0, length)])).toEqual([EVENTS[0]]);
    }
  });

  test('finds a flipped bit at every place of a message, after the events before it', async () => {
    const [before = Buffer.alloc(0), frame = Buffer.alloc(0), after = Buffer.alloc(0)] = FRAMES;
    for (let place = 0; place < frame.length * 8; place += 1) {
      const damaged = Buffer.from(frame);
      damaged.writeUInt8(damaged.readUInt8(place >> 3) ^ (1 << (place & 7)), place >> 3);
      const reader = new FrameReader(bodyOf([Buffer.concat([before, damaged, after])]), 1e6);
      await reader.fill();
      expect(reader.take()).toEqual(EVENTS[0]);
      expect(() => reader.take(), `bit ${place}`).toThrow(WireError);
    }
  });

  test.each([
    ['shorter than its own frame', { length: 15, headers: 0 }],
    ['with headers longer than itself', { length: 40, headers: 25 }],
  ])('refuses a message %s', async (_what, { length, headers }) => {
    const { crc32 } = await import('node:zlib');
    const prelude = Buffer.alloc(12);
    prelude.writeUInt32BE(length, 0);
    prelude.writeUInt32BE(headers, 4);
    prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
    await expect(readAll([prelude])).rejects.toMatchObject({ kind: 'unreadable' });
  });

  test('refuses a long message at its prelude, before it comes', async () => {
    const long = toEventFrame('contentBlockDelta', { text: 'x'.repeat(200) });
    await expect(readAll([long.subarray(0, 12)], 200)).rejects.toMatchObject({
      kind: 'unreadable',
      detail: 'one event of the stream is longer than allowed: more than 200 bytes',
    });
    expect(await readAll([long], long.length)).toHaveLength(1);
  });

  test('knows headers of all types', async () => {
    const name = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
    const head = Buffer.concat([
      ...[0, 1].map((tag) => Buffer.concat([name('b'), Buffer.from([tag])])),
      Buffer.concat([name('i'), Buffer.from([4, 0, 0, 0, 9])]),
      Buffer.concat([name('t'), Buffer.from([8, 0, 0, 1, 0, 0, 0, 0, 0])]),
      Buffer.concat([name('u'), Buffer.from([9]), Buffer.alloc(16, 7)]),
      Buffer.concat([name(':event-type'), Buffer.from([7, 0, 4]), Buffer.from('late')]),
      Buffer.concat([name(':message-type'), Buffer.from([6, 0, 1, 65])]),
    ]);
    const { crc32 } = await import('node:zlib');
    const frame = Buffer.alloc(16 + head.length + 2);
    frame.writeUInt32BE(frame.length, 0);
    frame.writeUInt32BE(head.length, 4);
    frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
    head.copy(frame, 12);
    frame.write('{}', 12 + head.length);
    frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
    expect(await readAll([frame])).toEqual([{ event: 'late', data: '{}' }]);
  });

  test('rejects as its body does', async () => {
    const body = new Body({ pause: () => {}, resume: () => {}, abort: () => {} }, 1e9);
    body.fail(new WireError('network', 'the connection broke: ECONNRESET', { reached: true }));
    await expect(new FrameReader(body, 1e6).fill()).rejects.toMatchObject({ kind: 'network' });
  });
});

test.each([
  ['application/vnd.amazon.eventstream', true],
  ['Application/vnd.amazon.EventStream; charset=utf-8', true],
  ['text/event-stream', false],
  ['application/json', false],
  [undefined, false],
])('isFramed %s: %s', (type, expected) => {
  expect(isFramed(type)).toBe(expected);
});

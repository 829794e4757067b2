import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventDecoder } from '../../src/wire/sse.ts';
import type { WireEvent } from '../../src/wire/index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(pieces: readonly Uint8Array[], longest = 1_000): WireEvent[] {
  const decoder = new EventDecoder(longest);
  const events: WireEvent[] = [];
  const drain = (): void => {
    for (let event = decoder.take(); event !== undefined; event = decoder.take()) events.push(event);
  };
  for (const piece of pieces) {
    decoder.feed(piece);
    drain();
  }
  decoder.end();
  drain();
  return events;
}

const data = (...texts: string[]): WireEvent[] => texts.map((text) => ({ event: undefined, data: text }));

describe('EventDecoder reads', () => {
  test.each([
    ['line feeds', 'data: {"a":1}\n\ndata: [DONE]\n\n', data('{"a":1}', '[DONE]')],
    ['carriage returns and line feeds', 'data: {"a":1}\r\n\r\ndata: [DONE]\r\n\r\n', data('{"a":1}', '[DONE]')],
    ['carriage returns', 'data: {"a":1}\r\rdata: [DONE]\r\r', data('{"a":1}', '[DONE]')],
    ['a byte order mark', '\ufeffdata: {"a":1}\n\n', data('{"a":1}')],
    ['no space after the colon', 'data:{"a":1}\n\n', data('{"a":1}')],
    ['comments', ': OPENROUTER PROCESSING\n\n: ping\ndata: {"a":1}\n: more\n\n', data('{"a":1}')],
    ['several data lines', 'data: a\ndata: b\ndata\n\n', data('a\nb\n')],
    ['unknown and known other fields', 'id: 7\nretry: 100\nfoo: bar\ndata: x\n\n', data('x')],
    ['an event name', 'event: error\ndata: {"e":1}\n\n', [{ event: 'error', data: '{"e":1}' }]],
    ['characters of many bytes', 'data: żółć 🎉 \u2028\n\n', data('żółć 🎉 \u2028')],
    ['an event without data', 'event: ping\n\ndata: x\n\n', data('x')],
    ['a byte order mark inside', 'data: a\n\ndata: \ufeffb\n\n', data('a', '\ufeffb')],
    ['nothing', '', []],
  ])('%s, cut at any byte', (_what, text, events) => {
    const all = bytes(text);
    expect(decode([all])).toEqual(events);
    expect(decode([...all].map((byte) => Uint8Array.of(byte)))).toEqual(events);
    for (let cut = 0; cut <= all.length; cut += 1) {
      // The empty piece in the middle of a character is no piece at all.
      expect(decode([all.subarray(0, cut), new Uint8Array(), all.subarray(cut)])).toEqual(events);
    }
  });

  test.each([
    ['no blank line', 'data: x\n\ndata: y\n', 'y'],
    ['no line end', 'data: x\n\ndata: y', 'y'],
    ['one carriage return', 'data: x\r\rdata: y\r', 'y'],
    ['a cut JSON object', 'data: x\n\ndata: {"choices":[{"del', '{"choices":[{"del'],
    ['half a line', 'data: x\n\nevent: error\ndata: {}', '{}', 'error'],
  ])('the last event of a body with %s, and marks it', (_what, text, last, event?: string) => {
    const all = bytes(text);
    const events = [...data('x'), { event, data: last, unterminated: true as const }];
    expect(decode([all])).toEqual(events);
    expect(decode([...all].map((byte) => Uint8Array.of(byte)))).toEqual(events);
  });
});

test('EventDecoder does not depend on where bytes are cut', () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, ' ')}`),
    fc.constantFrom(':', ': comment', 'event: e', 'id: 1', 'retry: 5', 'nonsense', '', ''),
  );
  const end = fc.constantFrom('\n', '\r\n', '\r');
  const body = fc.tuple(fc.array(line, { maxLength: 20 }), end).map(([lines, eol]) => lines.map((one) => one + eol).join(''));
  fc.assert(
    fc.property(body, fc.array(fc.nat(400), { maxLength: 12 }), (text, places) => {
      const all = bytes(text);
      const cuts = [0, ...places.map((place) => Math.min(place, all.length)).sort((a, b) => a - b), all.length];
      const pieces = cuts.slice(1).map((cut, index) => all.subarray(cuts[index], cut));
      expect(decode(pieces)).toEqual(decode([all]));
    }),
    { numRuns: 500 },
  );
});

describe('EventDecoder refuses an event that is too long', () => {
  const tooLong = /one event of the stream is longer than allowed: more than 100 characters/;

  test.each([
    ['in one piece', [bytes(`data: ok\n\ndata: ${'x'.repeat(101)}\n\n`)]],
    ['in pieces', [...bytes(`data: ok\n\ndata: ${'x'.repeat(101)}\n\n`)].map((byte) => Uint8Array.of(byte))],
    ['that never ends', Array.from({ length: 50 }, () => bytes('data: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n'))],
    ['that is a line without end', Array.from({ length: 50 }, () => bytes('z'.repeat(50)))],
  ])('%s', (_what, pieces) => {
    expect(() => decode(pieces, 100)).toThrow(tooLong);
  });

  test('after those before it', () => {
    const decoder = new EventDecoder(100);
    decoder.feed(bytes(`data: ok\n\ndata: ${'x'.repeat(101)}\n\ndata: after\n\n`));
    expect(decoder.take()).toEqual({ event: undefined, data: 'ok' });
    expect(() => decoder.take()).toThrow(tooLong);
  });

  test('but not the longest that is allowed', () => {
    expect(decode([bytes(`data: ${'x'.repeat(100)}\n\n`)], 100)).toEqual(data('x'.repeat(100)));
  });
});

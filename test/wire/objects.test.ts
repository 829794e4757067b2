import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJson, ObjectReader } from '../../src/wire/objects.ts';

async function readAll(pieces: readonly Uint8Array[], longest = 1_000_000): Promise<string[]> {
  const left = [...pieces];
  const reader = new ObjectReader({ read: async () => left.shift() }, longest);
  const read: string[] = [];
  for (let open = true; open;) {
    open = await reader.fill();
    for (let event = reader.take(); event !== undefined; event = reader.take()) read.push(event.data);
  }
  return read;
}

/** Cut after every so many bytes. */
function cut(text: string, length: number): Uint8Array[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) => bytes.subarray(at * length, (at + 1) * length));
}

describe('ObjectReader', () => {
  test('finds every object of lines and of an array, however the bytes are cut', async () => {
    const anyObject = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(fc.array(anyObject, { minLength: 1 }), fc.integer({ min: 1, max: 9 }), async (objects, length) => {
        const texts = objects.map((object) => JSON.stringify(object));
        expect(await readAll(cut(`${texts.join('\n')}\n`, length))).toEqual(texts);
        expect(await readAll(cut(`[${texts.join(',\r\n')}]`, length))).toEqual(texts);
      }),
      { numRuns: 60 },
    );
  });

  test('says nothing of an object that was cut', async () => {
    expect(await readAll(cut('[{"a":1},{"b":"}', 3))).toEqual(['{"a":1}']);
  });

  test('refuses one that is longer than allowed, and keeps no more of it', async () => {
    await expect(readAll(cut(`{"a":"${'x'.repeat(5_000)}`, 100), 1_000)).rejects.toThrow('longer than allowed');
  });
});

test.each([
  ['application/json', true],
  ['application/json; charset=utf-8', true],
  ['application/problem+json', true],
  ['application/x-ndjson', true],
  ['application/jsonl', true],
  ['text/event-stream', false],
  ['application/octet-stream', false],
  [undefined, false],
])('isJson of %s', (type, expected) => {
  expect(isJson(type)).toBe(expected);
});

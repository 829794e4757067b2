import { describe, expect, test } from 'vitest';
import { toPrintable, toShown, toTargetName } from '../src/printable.ts';

describe('toPrintable', () => {
  test.each<[string, string, string]>([
    ['an escape sequence', '\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['lines', 'a\r\nb\tc\n', 'a b c'],
    ['C1 controls', 'a\u009b1mb', 'a 1mb'],
    ['text turned around', 'a\u202eb\u2066c', 'a b c'],
    ['hidden text', 'a\u200b\ufeff\u00adb\u2060', 'a b'],
    ['tags', 'a\u{e0041}\u{e007f}b', 'a b'],
    ['line separators', 'a\u2028b\u2029c', 'a b c'],
    ['ordinary text', 'Grüße, 世界 🙂', 'Grüße, 世界 🙂'],
  ])('%s', (_, text, printable) => {
    expect(toPrintable(text)).toBe(printable);
  });

  test('cuts what is longer, and says so', () => {
    expect(toPrintable('a'.repeat(501))).toBe(`${'a'.repeat(499)}…`);
    expect(toPrintable('a'.repeat(500))).toBe('a'.repeat(500));
    expect(toPrintable('abcdef', 4)).toBe('abc…');
  });

  test.each([3, 4, 5, 6, 7, 8])('never leaves half a character at %i', (longest) => {
    const lone = /[\ud800-\udbff](?![\udc00-\udfff])/;
    expect(toPrintable('🙂'.repeat(40), longest)).not.toMatch(lone);
    expect(toPrintable(`a${'🙂'.repeat(40)}`, longest)).not.toMatch(lone);
  });
});

test.each([
  ['gpt-5', 'openai/gpt-5'],
  ['', 'openai'],
  ['x\n{"level":60}\u001b[2J', 'openai/x {"level":60} [2J'],
])('toTargetName is one line: %j', (model, name) => {
  expect(toTargetName('openai', model)).toBe(name);
});

test.each<[unknown, string]>([
  ['text', '"text"'],
  ['say "hi"\n', '"say \\"hi\\""'],
  ['x'.repeat(100), `"${'x'.repeat(59)}…"`],
  [5, '5'],
  [Number.NaN, 'NaN'],
  [10n, '10'],
  [null, 'null'],
  [undefined, 'undefined'],
  [true, 'true'],
  [Symbol('s'), 'Symbol(s)'],
  [[1, 2], 'an array of 2'],
  [{ secret: 'sk' }, 'an object'],
  [() => 'sk', 'a function'],
])('toShown %#: %s', (value, shown) => {
  expect(toShown(value)).toBe(shown);
});

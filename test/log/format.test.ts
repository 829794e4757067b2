import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Backlog } from '../../src/log/backlog.ts';
import { shorten } from '../../src/log/content.ts';
import { cut, toWords } from '../../src/log/cut.ts';
import { toLine } from '../../src/log/format.ts';

/** Whatever a terminal, or a reader of lines, could be misled by. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('a line', () => {
  test.each([
    ['line breaks', 'a\r\nb'],
    ['separators of Unicode', 'a\u2028b\u2029c\u0085d'],
    ['an escape of a terminal', '\u001b[31mred\u009b0m\u007f'],
    ['text from right to left', 'a\u202eb\u2066c\u200bd\ufeff'],
    ['what hides beyond the first plane', 'a\u{e0041}b'],
    ['half a character', 'a\ud83d'],
  ])('escapes %s, and gives it back', (_, text) => {
    const line = toLine({ [text]: text });
    expect(line.endsWith('}\n')).toBe(true);
    expect(line.slice(0, -1)).not.toMatch(CONTROL);
    expect(JSON.parse(line)).toEqual({ [text]: text });
  });

  test('is one for whatever is in it, and JSON reads it back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const line = toLine({ value });
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(line.slice(0, -1)).not.toMatch(CONTROL);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ value })));
      }),
    );
  });
});

describe('a cut text', () => {
  test.each([
    ['short', 10, 'short'],
    ['two words', 5, 'two '],
    ['sk-0123456789', 5, ''],
    ['see sk-0123456789', 8, 'see '],
    ['"a":"sk-0123456789"', 8, '"a":"'],
    ['中文中文', 2, '中文'],
    ['a 😀', 3, 'a '],
  ])('%j to %i is %j', (text, longest, left) => {
    expect(cut(text, longest)).toBe(left);
  });

  test('never ends within a word', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9_:/+=.-]{8,60}$/), fc.string({ maxLength: 50 }), fc.nat(120), (secret, before, longest) => {
        const left = cut(`${before} ${secret} after`, longest);
        expect(left.length).toBeLessThanOrEqual(Math.max(longest, left.length === 0 ? 0 : longest));
        const rest = left.slice(before.length + 1);
        expect(rest === '' || rest.startsWith(secret)).toBe(true);
      }),
    );
  });

  test('of a name is one line that shows that it was cut', () => {
    expect(toWords('a\nb\u001b[31m')).toBe('a b [31m');
    expect(toWords('word '.repeat(100))).toMatch(/^(word )+…$/);
    expect(toWords('word '.repeat(100)).length).toBeLessThanOrEqual(201);
  });
});

describe('content', () => {
  test.each<readonly [title: string, unknown, unknown]>([
    ['text', 'text', 'text'],
    ['plain values', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['a data URL', `data:image/png;base64,${'A'.repeat(500)}`, 'data:image/png;base64,… (500 characters)'],
    ['Base64', 'QUJD'.repeat(100), '… (400 characters)'],
    ['an embedding', Array.from({ length: 1536 }, (_, at) => at / 7), '… (1536 numbers)'],
    ['bytes', new Uint8Array(7), '… (7 bytes)'],
    ['what JSON has no word for', { f: () => 1, u: undefined, b: 5n, m: new Map() }, { b: '5', m: '… (an object)' }],
    ['a name that is a trap', JSON.parse('{"__proto__":{"polluted":1}}'), JSON.parse('{"__proto__":{"polluted":1}}')],
  ])('shows %s', (_, value, shown) => {
    expect(shorten(value)).toEqual(shown);
  });

  test('that cannot be read is no failure', () => {
    const hostile = {
      get a(): never {
        throw new Error('mine');
      },
    };
    expect(shorten(hostile)).toBe('… (unreadable)');
  });

  test('is bounded: each text, all of it, and how deep it goes', () => {
    expect(shorten('word '.repeat(2000))).toMatch(/^(word )+… \(\d+ more\)$/);
    const long = shorten(Array.from({ length: 1000 }, () => 'word '.repeat(500)));
    expect(JSON.stringify(long).length).toBeLessThan(40_000);
    expect(JSON.stringify(long)).toContain('more)');
    const loop: Record<string, unknown> = {};
    loop['loop'] = loop;
    expect(JSON.stringify(shorten(loop))).toContain('…');
    const wide = shorten(Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`name${at}`, at])));
    expect(JSON.stringify(wide).length).toBeLessThan(60_000);
  });

  test('of any kind is bounded', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 6, withMap: true, withSet: true, withTypedArray: true, withBigInt: true }), (value) => {
        expect((JSON.stringify(shorten(value)) ?? '').length).toBeLessThan(300_000);
      }),
    );
  });
});

describe('a backlog', () => {
  const drain = (backlog: Backlog): readonly string[] => {
    const lines: string[] = [];
    for (let line = backlog.take(); line !== undefined; line = backlog.take()) lines.push(line);
    return lines;
  };

  test('keeps the first lines, and counts those that do not fit', () => {
    const backlog = new Backlog({ lines: 2, characters: 100 });
    for (const line of ['a', 'b', 'c', 'd']) backlog.add(line);
    expect([drain(backlog), backlog.takeDropped(), backlog.takeDropped(), backlog.isEmpty]).toEqual([['a', 'b'], 2, 0, true]);
  });

  test('counts characters, too, and has room again for what was taken', () => {
    const backlog = new Backlog({ lines: 100, characters: 5 });
    for (const line of ['aaa', 'bbb']) backlog.add(line);
    expect([backlog.take(), backlog.takeDropped()]).toEqual(['aaa', 1]);
    backlog.add('ccccc');
    expect([drain(backlog), backlog.takeDropped()]).toEqual([['ccccc'], 0]);
  });

  test('loses no line and changes no order, however they come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (steps) => {
        const backlog = new Backlog({ lines: 20, characters: 1e9 });
        const [added, taken]: [string[], string[]] = [[], []];
        for (const [at, isAdded] of steps.entries()) {
          if (isAdded && backlog.size < 20) added.push(String(at));
          if (isAdded) backlog.add(String(at));
          else taken.push(backlog.take() ?? '');
        }
        expect([...taken.filter((line) => line !== ''), ...drain(backlog)]).toEqual(added);
      }),
    );
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openai } from '../../src/providers/openai/openai.ts';
import { readProseDates, readProseDelay } from '../../src/providers/prose.ts';
import { readQuantities, saysZeroLimit } from '../../src/providers/quantities.ts';
import * as access from '../../src/providers/rules/access.ts';
import * as load from '../../src/providers/rules/load.ts';
import * as quota from '../../src/providers/rules/quota.ts';
import * as request from '../../src/providers/rules/request.ts';
import type { Rule } from '../../src/providers/rules/rule.ts';
import * as status from '../../src/providers/rules/status.ts';
import { readHtml } from '../../src/providers/texts.ts';
import { readTold } from '../../src/providers/told.ts';
import { aProvider, failureOf } from './support.ts';

// A pattern is tried at every place of a text. Where each try ends within a bounded number of characters, the whole is linear; a
// quantifier without an end makes it quadratic. So the form of the patterns is asserted and the length of what they get, never a time.
const RULES: readonly (readonly [room: string, rules: readonly Rule[]])[] = Object.entries({
  access,
  load,
  quota,
  request,
  status,
}).flatMap(([room, tables]) => Object.entries(tables).map(([name, rules]) => [`${room} ${name}`, rules] as const));

/** Files whose own patterns are tried on a stranger's text. */
const READERS = ['account', 'case', 'durations', 'hints', 'order', 'prose', 'quantities', 'texts'];

/** Quantifiers without an end, outside of sets and escapes. */
function openEnds(pattern: RegExp): readonly string[] {
  const bare = pattern.source.replaceAll(/\\./g, 'x').replaceAll(/\[[^\]]*\]/g, 'x');
  return bare.match(/.{0,12}(?:[*+]|\{\d+,\})/g) ?? [];
}

const WORDS =
  'model.|model: |exceed|exceeded |limit |limit: 0|quota|api key |key|try again |retry after |wait |1h |1 |9|requests |per |on tokens | | \n|\n|a|not |content |context |account |organization |until |resets |2026-01-01|credits |capacity |too many |"|`|in_flight|region |project |"a":"|<|<script |<style>|</script>| \'a|" \'a';
const parts = WORDS.split('|');
const texts = [8000, 16_000, 100_000].flatMap((length) =>
  parts.map((part) => part.repeat(Math.ceil(length / part.length)).slice(0, length)),
);

describe('the work of the rules is bounded', () => {
  for (const [name, rules] of RULES) {
    test(`no pattern for prose of ${name} has a quantifier without an end`, () => {
      expect(rules.flatMap(({ says }) => (says === undefined ? [] : openEnds(says)))).toEqual([]);
    });
  }

  test.each(READERS)('no pattern of %s.ts has a quantifier without an end', (name) => {
    const source = readFileSync(new URL(`../../src/providers/${name}.ts`, import.meta.url), 'utf8');
    expect(source.match(/.{0,30}(?:\\[dswDSW]|[\]).])[*+](?![ =]).{0,10}|\{\d{1,3},\}/g) ?? []).toEqual([]);
  });

  test('rules get 8,000 characters of prose at most, of one text or of many, head and tail', () => {
    for (const text of texts) {
      expect(readTold(text).prose.length).toBeLessThanOrEqual(8000);
      expect(readTold({ error: { message: text, detail: text, errors: [text, text] } }).prose.length).toBeLessThanOrEqual(8000);
    }
    const { prose } = readTold({ error: { message: `the head ${'x'.repeat(100_000)} the tail` } });
    expect([prose.length, prose.startsWith('the head'), prose.endsWith('the tail')]).toEqual([8000, true, true]);
  });

  test('a page is its first words, without scripts, styles and tags', () => {
    for (const text of texts) expect(readHtml(text).length).toBeLessThanOrEqual(500);
    const page =
      '<html><STYLE a="b">x { }</STYLE ><title>Sorry, you</title><script>if (a < b) "</style>"</script><p>have been\n blocked</p>';
    expect(readHtml(page)).toBe('Sorry, you have been blocked');
    expect(readHtml(`<style>${'x'.repeat(15_000)}</style><title>429</title>`)).toBe('429');
    expect(readHtml('<title>Cut</title><script>in the mid')).toBe('Cut');
    expect(readHtml('Cut <script>in the mid</script')).toBe('Cut');
    expect(readHtml('<scripture>In the beginning 1 < 2</scripture>')).toBe('In the beginning 1 < 2');
  });

  test('whatever repeats in a text, every reader of prose ends', () => {
    for (const text of texts) {
      const { prose, codes } = readTold({ error: { message: text, code: text.slice(0, 100) } });
      for (const [, rules] of RULES) for (const { says } of rules) expect(typeof says?.test(prose)).not.toBe('string');
      expect(readProseDelay(text)?.ms ?? 0).toBeGreaterThanOrEqual(0);
      expect(readProseDates(text, 0).length).toBeLessThanOrEqual(4);
      expect(readQuantities(text, codes).used ?? 0).toBeGreaterThanOrEqual(0);
      expect(typeof saysZeroLimit(prose)).toBe('boolean');
      for (const code of [400, 401, 429, 503]) expect(openai.classify(failureOf(code, text), aProvider(), 0).status).toBe(code);
    }
  });
});

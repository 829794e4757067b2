import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { KnownSecrets } from '../../src/wire/known.ts';

/** Knows these texts; `change` makes it know others. */
function know(...texts: readonly string[]) {
  let [version, secrets] = [1, texts.map((text) => new Secret(text))];
  const known = new KnownSecrets({
    get version() {
      return version;
    },
    all: () => secrets,
  });
  return {
    scrub: (text: string): string => known.in(text)?.text(text) ?? text,
    known,
    change: (...others: readonly string[]) => {
      version += 1;
      secrets = others.map((text) => new Secret(text));
    },
  };
}

const KEY = 'sk-proj-Ab/9+c=d"e&f%g<h>0123456789zyxw';

describe('known secrets', () => {
  test.each([
    ['as it is', KEY],
    ['in JSON', JSON.stringify(KEY)],
    ['in JSON twice', JSON.stringify(JSON.stringify(KEY))],
    ['in a URL', encodeURIComponent(KEY)],
    ['in Base64', Buffer.from(KEY).toString('base64')],
    ['in Base64 of URLs', Buffer.from(KEY).toString('base64url')],
    ['within a word', `x${KEY}y`],
  ])('are found %s', (_, text) => {
    const scrubbed = know('sk-another-key-of-somebody-0001', KEY).scrub(`before ${text} after`);
    expect(scrubbed).toContain('sk-…zyxw');
    expect(scrubbed).not.toContain('0123456789');
    expect(scrubbed).toMatch(/^before .* after$/);
  });

  test('of AWS are found by each part', () => {
    const { scrub } = know('AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY:session+token/0123==');
    expect(scrub('id AKIAIOSFODNN7EXAMPLE, secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY, session+token/0123==')).toBe(
      'id AKIA…MPLE, secret AKIA…MPLE, AKIA…MPLE',
    );
  });

  test('without a long run of letters and digits are found all the same', () => {
    expect(know('ab-cd-ef-gh').scrub('it is ab-cd-ef-gh')).toBe('it is …');
  });

  test('that are words are left', () => {
    expect(know('test', 'none', 'ollama').known.in('a test of none with ollama')).toBeUndefined();
  });

  test('that are not in the text cost no scrubber', () => {
    expect(know(KEY).known.in('a long prompt about programming-languages and sk-proj-somethingelse')).toBeUndefined();
  });

  test('may come later, and are hidden when their key is gone', () => {
    const { scrub, change } = know('sk-first-0123456789abcdef');
    expect(scrub('sk-first-0123456789abcdef sk-second-fedcba9876543210')).toBe('sk-…cdef sk-second-fedcba9876543210');
    change('sk-second-fedcba9876543210');
    expect(scrub('sk-first-0123456789abcdef sk-second-fedcba9876543210')).toBe('sk-…cdef sk-…3210');
  });

  test('that went are forgotten when there are very many of them', () => {
    const { known, change } = know(...Array.from({ length: 1200 }, (_, at) => `sk-old-${String(at).padStart(16, '0')}`));
    known.in('');
    change('sk-second-fedcba9876543210');
    expect(known.in('sk-old-0000000000000007')).toBeUndefined();
  });

  test('are found wherever they stand in whichever text', () => {
    const secret = fc.stringMatching(/^[a-zA-Z0-9_:/+=.-]{8,60}$/);
    const around = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 5 }), around, around, fc.nat(), (texts, before, after, at) => {
        const hidden = texts[at % texts.length] ?? '';
        expect(know(...texts).known.in(`${before}${hidden}${after}`)).toBeDefined();
      }),
    );
  });
});

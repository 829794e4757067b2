import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterAnswer, type Alike, judge, type Judgement, noneAlike } from '../../../src/pool/keys/alike.ts';
import { START } from '../rig.ts';

const five = ['a', 'b', 'c', 'd', 'e'];

/** `'call:key'` one after the other, all in one second. */
function run(refusals: readonly string[], live: readonly string[], gapMs = 1): { state: Alike; judgements: readonly Judgement[] } {
  let state = noneAlike;
  const judgements = refusals.map((refusal, index) => {
    const [call = '', key = ''] = refusal.split(':');
    if (key === 'answer') {
      state = afterAnswer(state);
      return { decision: 'spare' } as const;
    }
    const judged = judge(state, { key, call, now: START + index * gapMs }, live);
    state = judged.state;
    return judged.judgement;
  });
  return { state, judgements };
}

const decisions = (refusals: readonly string[], live: readonly string[], gapMs?: number): readonly string[] =>
  run(refusals, live, gapMs).judgements.map(({ decision }) => decision);

describe('judge', () => {
  const table: readonly (readonly [string, readonly string[], readonly string[], readonly string[]])[] = [
    ['one key alone is believed', ['1:a'], ['a'], ['mark']],
    ['one call is believed about two keys', ['1:a', '1:b', '1:c', '1:d'], five, ['mark', 'mark', 'spare', 'spare']],
    [
      'one call that all refuse is the call itself',
      ['1:a', '1:b', '1:c', '1:d', '1:e'],
      five,
      ['mark', 'mark', 'spare', 'spare', 'acquit'],
    ],
    [
      'several calls that all refuse are the provider',
      ['1:a', '2:b', '3:c', '4:d', '5:e'],
      five,
      ['mark', 'mark', 'mark', 'mark', 'provider'],
    ],
    ['two keys, one call', ['1:a', '1:b'], ['a', 'b'], ['mark', 'acquit']],
    ['two keys, two calls', ['1:a', '2:b'], ['a', 'b'], ['mark', 'provider']],
    ['after an acquittal another call makes it the provider', ['1:a', '1:b', '2:a'], ['a', 'b'], ['mark', 'acquit', 'provider']],
    ['an answer in between clears the provider', ['1:a', ':answer', '2:b'], ['a', 'b'], ['mark', 'spare', 'mark']],
    [
      'answers in between do not clear the call',
      ['1:a', ':answer', '1:b', ':answer', '1:c', ':answer', '1:d'],
      five,
      ['mark', 'spare', 'mark', 'spare', 'spare', 'spare', 'spare'],
    ],
  ];
  it.each(table)('%s', (_name, refusals, live, expected) => {
    expect(decisions(refusals, live)).toEqual(expected);
  });

  it('refusals of more than a minute ago say nothing of the provider', () => {
    expect(decisions(['1:a', '2:b'], ['a', 'b'], 60_000)).toEqual(['mark', 'mark']);
    expect(decisions(['1:a', '2:b'], ['a', 'b'], 59_999)).toEqual(['mark', 'provider']);
  });

  it('a call that waits for minutes between its refusals is remembered', () => {
    expect(decisions(['1:a', '1:b', '1:c'], five, 120_000)).toEqual(['mark', 'mark', 'spare']);
  });

  it('gives back what it had marked, and only that', () => {
    const { judgements } = run(['1:a', '1:b', '1:c', '1:d', '2:e'], five);
    expect(judgements.at(-1)).toEqual({ decision: 'provider', keys: ['a', 'b'] });
  });

  it('whatever happens one call marks two keys at most, and the memory is bounded', () => {
    const step = fc.record({ call: fc.nat(3), key: fc.nat(9), answer: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const live = Array.from({ length: 10 }, (_, index) => String(index));
        const { state, judgements } = run(
          steps.map(({ call, key, answer }) => (answer ? ':answer' : `${call}:${key}`)),
          live,
        );
        for (const call of [0, 1, 2, 3]) {
          const marks = steps.filter((step, index) => !step.answer && step.call === call && judgements[index]?.decision === 'mark');
          expect(marks.length).toBeLessThanOrEqual(2);
        }
        expect(state.refused.length).toBeLessThanOrEqual(20);
        expect(state.marks.length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

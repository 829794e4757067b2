import { describe, expect, it } from 'vitest';
import { costIn, matchesModel } from '../../../src/pool/quota/limits.ts';

describe('matchesModel', () => {
  it.each([
    [undefined, 'gpt', true],
    [[], 'gpt', false],
    [['gpt'], 'gpt', true],
    [['gpt'], 'gpt-5', false],
    [['gpt-*'], 'gpt-5', true],
    [['gpt-*'], 'gpt-', true],
    [['gpt-*'], 'o1', false],
    [['*'], '', true],
    [['*-mini'], 'gpt-5-mini', true],
    [['*-mini'], 'gpt-5-mini-high', false],
    [['gpt*mini'], 'gpt-5-mini', true],
    [['ab*ba'], 'aba', false],
    [['ab*ba'], 'abba', true],
    [['a*b*c'], 'a-c-b-c', true],
    [['a*b*c'], 'a-c', false],
    [['a*bb*b'], 'abb', false],
    [['a**c'], 'ac', true],
    [['gpt.5'], 'gpt-5', false],
    [['o1', 'gpt-*'], 'gpt-5', true],
  ])('%j and %s: %s', (patterns, model, expected) => {
    expect(matchesModel(patterns, model)).toBe(expected);
  });
});

it.each([
  ['requests', 1],
  ['tokens', 5],
  ['input', 3],
  ['output', 2],
] as const)('%s of an attempt', (counts, expected) => {
  expect(costIn(counts, { input: 3, output: 2 })).toBe(expected);
});

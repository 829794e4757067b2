import { describe, expect, test } from 'vitest';
import { toUsage } from '../../src/chat/usage.ts';

describe('toUsage counts once, however servers count', () => {
  test.each([
    [
      'reasoning beside the completion',
      { prompt_tokens: 10, completion_tokens: 2, total_tokens: 40, completion_tokens_details: { reasoning_tokens: 28, audio_tokens: 0 } },
      { prompt_tokens: 10, completion_tokens: 30, total_tokens: 40, completion_tokens_details: { reasoning_tokens: 28, audio_tokens: 0 } },
    ],
    [
      'reasoning within the completion',
      { prompt_tokens: 10, completion_tokens: 30, total_tokens: 40, completion_tokens_details: { reasoning_tokens: 28 } },
      { prompt_tokens: 10, completion_tokens: 30, total_tokens: 40, completion_tokens_details: { reasoning_tokens: 28 } },
    ],
    [
      'a total that is the sum of nothing',
      { prompt_tokens: 10, completion_tokens: 30, total_tokens: 99, completion_tokens_details: { reasoning_tokens: 28 } },
      { prompt_tokens: 10, completion_tokens: 30, total_tokens: 99, completion_tokens_details: { reasoning_tokens: 28 } },
    ],
    [
      'hits of a prompt cache',
      { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 2 },
      {
        prompt_tokens: 10,
        completion_tokens: 1,
        total_tokens: 11,
        prompt_cache_hit_tokens: 8,
        prompt_cache_miss_tokens: 2,
        prompt_tokens_details: { cached_tokens: 8 },
      },
    ],
    [
      'details beside the counts',
      { prompt_tokens: 10, completion_tokens: 9, total_tokens: 19, cached_tokens: 0, reasoning_tokens: 4, prompt_tokens_details: null },
      {
        prompt_tokens: 10,
        completion_tokens: 9,
        total_tokens: 19,
        cached_tokens: 0,
        reasoning_tokens: 4,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
    ],
    [
      'details that are told already, or rubbish',
      {
        prompt_tokens: 1,
        completion_tokens: 1,
        total_tokens: 2,
        cached_tokens: 7,
        reasoning_tokens: '3',
        prompt_tokens_details: { cached_tokens: 1 },
      },
      {
        prompt_tokens: 1,
        completion_tokens: 1,
        total_tokens: 2,
        cached_tokens: 7,
        reasoning_tokens: '3',
        prompt_tokens_details: { cached_tokens: 1 },
      },
    ],
  ])('%s', (_, usage, read) => {
    expect(toUsage(usage)).toEqual(read);
    expect(toUsage(toUsage(usage))).toEqual(read);
  });
});

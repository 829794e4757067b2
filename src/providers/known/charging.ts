import { type Charging, uncertain } from '../../charging.ts';

/**
 * What providers count against their limits, by their own words where there are any. What nobody says is as in `uncertain`: headers and
 * refusals tell the rest. Prices of cached tokens are those of current models; older ones ask more.
 */
export const charging = {
  /**
   * Its guide to rate limits: `max_tokens` is counted whole at the request, with an estimate of the input by its characters, and unsuccessful
   * requests count, too. It says nothing of a correction. Cached input costs a tenth (GPT-5) to a half (GPT-4o), and counts.
   */
  openai: { admission: 'max_tokens', settles: false, refusedCount: true, cachedInput: 1, cachedPrice: 0.1 },
  /** Its guide to quota: the most that a request may process is added to a running count that starts anew each minute; requests received count. */
  azure: { admission: 'max_tokens', settles: false, refusedCount: true, cachedInput: 1, cachedPrice: 0.5 },
  /**
   * Its page of rate limits: output counts as it is written, whatever `max_tokens` says; what was read from the cache does not count (of
   * models before Claude 4 some of it does), and costs a tenth.
   */
  anthropic: { ...uncertain, admission: 'true', cachedInput: 0, cachedPrice: 0.1 },
  /** Names of its quotas count input tokens a minute, no output. Cached input counts, and costs a tenth to a quarter. */
  google: { ...uncertain, admission: 'true', cachedPrice: 0.1 },
  /**
   * AWS on how tokens are counted: input, cached input and `max_tokens` are deducted at the request; at its end what was not used comes back, as
   * does what was read from the cache, and each output token of Claude from 3.7 counts five times.
   */
  bedrock: {
    ...uncertain,
    admission: 'max_tokens',
    cachedInput: 0,
    cachedPrice: 0.1,
    output: { models: /claude-(3-7|(opus|sonnet|haiku|fable)-[4-9])/, times: 5 },
  },
  /** Its page of rate limits: cached tokens do not count; its page of caching: they cost a half. */
  groq: { ...uncertain, cachedInput: 0, cachedPrice: 0.5 },
  /** Its page of caching: a tenth. */
  mistral: { ...uncertain, cachedPrice: 0.1 },
  /** Its price list: a hit costs a tenth of a miss. */
  deepseek: { ...uncertain, cachedPrice: 0.1 },
  /** Its price list: a quarter. */
  xai: { ...uncertain, cachedPrice: 0.25 },
  /** Its page of rate limits: an estimate of the input, and `max_completion_tokens` or an estimate of its own. */
  cerebras: { ...uncertain, admission: 'max_tokens', cachedPrice: 1 },
} as const satisfies Readonly<Record<string, Charging>>;

/** What all systems under test send and get: 2 KB there, 2 KB back, or a stream of 1001 chunks. */

export const MODEL = 'gpt-5-mini';

const filler = (bytes: number): string =>
  'What is measured here is what a call costs on top of its exchange. '.repeat(bytes / 60).slice(0, bytes);

/** With its frame 2 KB of JSON. */
export const QUESTION = filler(1_950);

export interface WireRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: 'user'; readonly content: string }[];
}

export const REQUEST: WireRequest = { model: MODEL, messages: [{ role: 'user', content: QUESTION }] };

/** 2 KB of JSON, as OpenAI answers. */
export const ANSWER = JSON.stringify({
  id: 'chatcmpl-Bk3sT0Yq7rZbXwVn2dLmP4cQ1fHe',
  object: 'chat.completion',
  created: 1_767_225_600,
  model: MODEL,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: filler(1_600), refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 420,
    completion_tokens: 380,
    total_tokens: 800,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  },
  service_tier: 'default',
  system_fingerprint: 'fp_44709d6fcb',
});

/** Pieces of content in a stream; the chunk that says why it ended is one more. */
const PIECES = 1_000;
export const CHUNKS = PIECES + 1;

/** All events of a stream, sent in one piece: what a reader costs when it is never waited for. */
export const STREAM = `${[...Array(PIECES).keys()].map((index) => toEvent({ content: ` word-${index}` }, null)).join('')}${toEvent({}, 'stop')}data: [DONE]\n\n`;

function toEvent(delta: object, finish: 'stop' | null): string {
  const chunk = {
    id: 'chatcmpl-Bk3sT0Yq7rZbXwVn2dLmP4cQ1fHe',
    object: 'chat.completion.chunk',
    created: 1_767_225_600,
    model: MODEL,
    service_tier: 'default',
    system_fingerprint: 'fp_44709d6fcb',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

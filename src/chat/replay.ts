import type { ChatChunk, ChunkChoice, Delta } from './chunk.ts';
import type { ChatCompletion, Choice } from './reply.ts';

/** A whole reply as the chunks of a stream: for who wants to read one where the answer was plain. Collected again, it is the same. */
export function toChunks(completion: ChatCompletion): ChatChunk[] {
  const { choices, usage, ...rest } = completion;
  const base = { ...rest, object: 'chat.completion.chunk' as const };
  const said = choices.map((choice): ChatChunk => ({ ...base, choices: [toSaid(choice)] }));
  const ended = choices.map((choice): ChatChunk => ({ ...base, choices: [toEnded(choice)] }));
  return [...said, ...ended, ...(usage === undefined ? [] : [{ ...base, choices: [], usage }])];
}

function toSaid({ index, message, logprobs }: Choice): ChunkChoice {
  const { tool_calls: calls, ...rest } = message;
  const delta: Delta = calls === undefined ? rest : { ...rest, tool_calls: calls.map((call, position) => ({ index: position, ...call })) };
  return { index, delta, finish_reason: null, ...(logprobs === undefined ? {} : { logprobs }) };
}

function toEnded(choice: Choice): ChunkChoice {
  const { index, message: _message, logprobs: _logprobs, ...rest } = choice;
  return { ...rest, index, delta: {} };
}

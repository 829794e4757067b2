import type { Annotation, FinishReason, ReasoningDetail, Usage } from './reply.ts';

/** A piece of a tool call: the first one of an index carries id and name, the others arguments. */
export interface ToolCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: 'function';
  readonly function?: { readonly name?: string; readonly arguments?: string };
  readonly extra_content?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What a chunk adds to a message. */
export interface Delta {
  readonly role?: 'assistant' | (string & {});
  readonly content?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCallDelta[];
  readonly reasoning_content?: string | null;
  /** Pieces with one `index` belong together: their texts and signatures are joined. */
  readonly reasoning_details?: readonly ReasoningDetail[];
  readonly annotations?: readonly Annotation[];
  readonly [extra: string]: unknown;
}

/** What a chunk adds to one choice. */
export interface ChunkChoice {
  readonly index: number;
  readonly delta: Delta;
  readonly finish_reason: FinishReason | null;
  readonly logprobs?: unknown;
}

/** One chunk of a streamed reply, in OpenAI's shape. The last one carries `usage` and no choices. */
export interface ChatChunk {
  readonly id: string;
  readonly object: 'chat.completion.chunk';
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly ChunkChoice[];
  readonly usage?: Usage | null;
  readonly [extra: string]: unknown;
}

/** Fields of a delta by which models stream their reasoning: DeepSeek and vLLM the first, OpenRouter and Groq the second. */
const REASONING = ['reasoning_content', 'reasoning'] as const;

/** True when the chunk carries what a caller would see: content, reasoning, refusal, images or a tool call. The stream is committed then. */
export function hasOutput(chunk: ChatChunk): boolean {
  return chunk.choices.some(({ delta }) => {
    if (isText(delta.content) || isText(delta.refusal) || (delta.tool_calls?.length ?? 0) > 0) return true;
    if (REASONING.some((field) => isText(delta[field])) || isReadable(delta.reasoning_details)) return true;
    return delta['function_call'] !== undefined || delta['audio'] !== undefined || isFilled(delta['images']);
  });
}

/** What is signed or encrypted alone nobody sees. */
function isReadable(details: Delta['reasoning_details']): boolean {
  if (!Array.isArray(details)) return false;
  // As servers send them: any of them may be anything.
  return (details as readonly (Readonly<Record<string, unknown>> | null)[]).some(
    (detail) => isText(detail?.['text']) || isText(detail?.['summary']),
  );
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

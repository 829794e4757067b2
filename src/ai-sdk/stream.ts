import type { ChatChunk, Delta, ToolCallDelta } from '../chat/chunk.ts';
import type { ChatReply, Usage } from '../chat/reply.ts';
import { hasDetails, readReasoning, REFUSAL, toCalls, toFiles, toReasoningMetadata, toSources } from './content.ts';
import { readPartial } from './errors.ts';
import { isText, toJson } from './json.ts';
import { toCarried, withMetadata } from './metadata.ts';
import { toReplyMetadata, toResponse } from './response.ts';
import type { JSONObject, LanguageModelV3StreamPart } from './spec.ts';
import { toFinishReason, toUsage } from './usage.ts';

type Part = LanguageModelV3StreamPart;

/** A text that is being written: one at a time. */
interface Block {
  readonly kind: 'text' | 'reasoning' | 'refusal';
  readonly id: string;
  readonly own: JSONObject | undefined;
}

/** A call of a tool while it grows. It begins for the reader once it has a name and an id. */
interface Growing {
  id: string;
  name: string;
  isTold: boolean;
  held: string;
}

/** Chunks of one stream into parts, in the order that the AI SDK needs: what begins ends, once, and `finish` is last. */
export class StreamParts {
  readonly #raw: boolean;
  readonly #calls = new Map<number, Growing>();
  #open: Block | undefined;
  #blocks = 0;
  #hasResponse = false;
  #hasReasoning = false;

  /** @param raw The reader wants the chunks too. */
  constructor(raw: boolean) {
    this.#raw = raw;
  }

  chunk(chunk: ChatChunk): Part[] {
    const parts: Part[] = this.#raw ? [{ type: 'raw', rawValue: chunk }] : [];
    if (!this.#hasResponse && (chunk.id !== '' || chunk.model !== '')) {
      this.#hasResponse = true;
      parts.push({ type: 'response-metadata', ...toResponse(chunk) });
    }
    // Of several answers the first is read.
    for (const choice of chunk.choices) if ((choice.index ?? 0) === 0) this.#delta(choice.delta ?? {}, parts);
    return parts;
  }

  #delta(delta: Delta, parts: Part[]): void {
    const { content, refusal, tool_calls: calls } = delta;
    const reasoning = readReasoning(delta);
    if (reasoning !== '') this.#write('reasoning', reasoning, parts, toReasoningMetadata(delta));
    if (isText(content)) this.#write('text', content, parts);
    if (isText(refusal)) this.#write('refusal', refusal, parts, REFUSAL);
    for (const call of calls ?? []) this.#call(call, parts);
  }

  #write(kind: Block['kind'], delta: string, parts: Part[], own?: JSONObject): void {
    if (this.#open?.kind !== kind) {
      this.#close(parts);
      this.#open = { kind, id: `${kind}-${(this.#blocks += 1)}`, own };
      parts.push({ type: `${toType(kind)}-start`, id: this.#open.id });
    }
    if (kind === 'reasoning') this.#hasReasoning = true;
    parts.push({ type: `${toType(kind)}-delta`, id: this.#open.id, delta });
  }

  #close(parts: Part[], more?: JSONObject): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const own = open.own === undefined && more === undefined ? undefined : { ...open.own, ...more };
    parts.push({ type: `${toType(open.kind)}-end`, id: open.id, ...withMetadata(own) });
  }

  #call(delta: ToolCallDelta, parts: Part[]): void {
    this.#close(parts);
    const call = this.#calls.get(delta.index) ?? { id: '', name: '', isTold: false, held: '' };
    this.#calls.set(delta.index, call);
    call.id ||= delta.id ?? '';
    call.name ||= delta.function?.name ?? '';
    call.held += delta.function?.arguments ?? '';
    if (call.id === '' || call.name === '') return;
    if (!call.isTold) parts.push({ type: 'tool-input-start', id: call.id, toolName: call.name });
    if (call.held !== '') parts.push({ type: 'tool-input-delta', id: call.id, delta: call.held });
    call.isTold = true;
    call.held = '';
  }

  /** The end of a whole stream. `reply` is what its chunks make together. */
  finish(reply: ChatReply): Part[] {
    const parts: Part[] = [];
    const [choice] = reply.choices;
    const message = choice?.message;
    if (message !== undefined) {
      // Reasoning that nobody can read has a place of its own all the same: it is what brings it back.
      if (!this.#hasReasoning && hasDetails(message)) this.#hide(parts);
      const calls = toCalls(message);
      const files = toFiles(message);
      const carried = calls.length === 0 ? toCarried(message) : undefined;
      this.#close(parts, files.length === 0 ? carried : undefined);
      const last = files.at(-1);
      if (last !== undefined && carried !== undefined)
        files[files.length - 1] = { ...last, ...withMetadata({ ...last.providerMetadata?.['keywheel'], ...carried }) };
      parts.push(...files, ...toSources(message, reply.id));
      for (const call of calls) this.#end(call, parts);
    }
    parts.push({
      type: 'finish',
      usage: toUsage(reply.usage),
      finishReason: toFinishReason(choice),
      providerMetadata: toReplyMetadata(reply),
    });
    return parts;
  }

  #hide(parts: Part[]): void {
    const id = `reasoning-${(this.#blocks += 1)}`;
    parts.push({ type: 'reasoning-start', id }, { type: 'reasoning-end', id });
  }

  #end(call: Extract<Part, { type: 'tool-call' }>, parts: Part[]): void {
    const { toolCallId: id, toolName, input } = call;
    const isTold = [...this.#calls.values()].some((growing) => growing.isTold && growing.id === id);
    if (!isTold) parts.push({ type: 'tool-input-start', id, toolName }, { type: 'tool-input-delta', id, delta: input });
    parts.push({ type: 'tool-input-end', id }, call);
  }

  /** The end of a stream that broke off after its first content. `error` is what the AI SDK is told, `failure` what was thrown. */
  fail(error: unknown, failure: unknown): Part[] {
    const parts: Part[] = [];
    this.#close(parts);
    const report: unknown = failure instanceof Error && 'report' in failure ? failure.report : undefined;
    // As much as was counted; its shape is the client's.
    const usage = toUsage(readPartial(failure).usage as Usage | undefined);
    parts.push({ type: 'error', error });
    parts.push({
      type: 'finish',
      usage,
      finishReason: { unified: 'error', raw: undefined },
      ...withMetadata(report === undefined ? undefined : toJson({ report })),
    });
    return parts;
  }
}

/** A refusal is a text. */
function toType(kind: Block['kind']): 'text' | 'reasoning' {
  return kind === 'reasoning' ? 'reasoning' : 'text';
}

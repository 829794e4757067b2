import { type CallPlace, toCallId } from './call-id.ts';
import { mergeLast } from './merge.ts';
import type { ToolCall } from './request.ts';

/** One tool call while it grows. */
interface Growing {
  readonly index: number | undefined;
  id: string;
  name: string;
  text: string;
  type: string;
  readonly extra: Map<string, unknown>;
}

/** A delta as servers really send it: any field may be missing. */
interface LooseDelta {
  readonly index?: number | undefined;
  readonly id?: string | undefined;
  readonly type?: string | undefined;
  readonly function?: { readonly name?: string; readonly arguments?: string } | undefined;
  readonly custom?: { readonly name?: string; readonly input?: string } | undefined;
}

const FIELDS = new Set(['index', 'id', 'type', 'function', 'custom']);

/**
 * Puts tool calls together. OpenAI numbers them; others leave the index out and send each call whole, number all of them 0 and
 * tell them apart by id, or send the id late.
 */
export class ToolCallCollector {
  readonly #calls: Growing[] = [];

  add(delta: LooseDelta): void {
    const call = this.#find(delta) ?? this.#begin(delta);
    call.id ||= delta.id ?? '';
    call.name ||= delta.function?.name ?? delta.custom?.name ?? '';
    call.text += delta.function?.arguments ?? delta.custom?.input ?? '';
    if (delta.custom !== undefined) call.type = 'custom';
    for (const [field, value] of Object.entries(delta))
      if (!FIELDS.has(field) && value != null) call.extra.set(field, mergeLast(call.extra.get(field), value));
  }

  /** `reply` is whose they are. */
  calls(reply: Omit<CallPlace, 'position'>): readonly ToolCall[] {
    return this.#calls.map((call, position) => toToolCall(call, { ...reply, position }));
  }

  #find({ index, id }: LooseDelta): Growing | undefined {
    const isSame = (call: Growing): boolean => !id || !call.id || call.id === id;
    if (typeof index === 'number') return this.#calls.findLast((call) => call.index === index && isSame(call));
    if (id) return this.#calls.find((call) => call.id === id);
    return this.#calls.at(-1);
  }

  #begin({ index, type }: LooseDelta): Growing {
    const call: Growing = {
      index: typeof index === 'number' ? index : undefined,
      id: '',
      name: '',
      text: '',
      type: type ?? 'function',
      extra: new Map(),
    };
    // Calls may come out of order; those of one index keep theirs.
    const after = index === undefined ? -1 : this.#calls.findIndex((other) => (other.index ?? -1) > index);
    this.#calls.splice(after < 0 ? this.#calls.length : after, 0, call);
    return call;
  }
}

function toToolCall(call: Growing, place: CallPlace): ToolCall {
  const { id, name, text, type, extra } = call;
  const said = type === 'custom' ? { type, custom: { name, input: text } } : { type, function: { name, arguments: text } };
  // A custom call is a shape of OpenAI's that passes through.
  return { ...Object.fromEntries(extra), id: id === '' ? toCallId(place, name, text) : id, ...said } as ToolCall;
}

import { isLoose, type Loose } from './decode.ts';

interface Calls {
  /** Index of each call by the provider's id. */
  readonly byId: Map<string, number>;
  /** Index that the provider's own index stands for now. */
  readonly byWire: Map<number, number>;
  next: number;
  last: number;
}

/**
 * Gives every tool call of a stream an index that stays: some servers send none (Mistral), some send 0 for all calls.
 * A new id together with a name begins a new call; what has neither continues the call that its index, or else the last one, stands for.
 */
export class ToolIndexes {
  readonly #choices = new Map<number, Calls>();

  indexOf(choice: number, call: Loose): number {
    const calls = this.#callsOf(choice);
    const id = isText(call['id']) ? call['id'] : undefined;
    const wire = typeof call['index'] === 'number' && Number.isInteger(call['index']) && call['index'] >= 0 ? call['index'] : undefined;
    const index = find(calls, id, wire, call);
    if (id !== undefined) calls.byId.set(id, index);
    if (wire !== undefined) calls.byWire.set(wire, index);
    calls.last = index;
    calls.next = Math.max(calls.next, index + 1);
    return index;
  }

  #callsOf(choice: number): Calls {
    const known = this.#choices.get(choice);
    if (known !== undefined) return known;
    const calls: Calls = { byId: new Map(), byWire: new Map(), next: 0, last: -1 };
    this.#choices.set(choice, calls);
    return calls;
  }
}

function find(calls: Calls, id: string | undefined, wire: number | undefined, call: Loose): number {
  const known = id === undefined ? undefined : calls.byId.get(id);
  if (known !== undefined) return known;
  const isNew = id !== undefined && isLoose(call['function']) && isText(call['function']['name']);
  const taken = wire === undefined ? undefined : calls.byWire.get(wire);
  if (isNew) return wire !== undefined && taken === undefined && !isUsed(calls, wire) ? wire : calls.next;
  if (taken !== undefined) return taken;
  if (wire !== undefined) return wire;
  return calls.last >= 0 && !startsCall(call) ? calls.last : calls.next;
}

/** Without an id a name alone begins a call, as there is no other sign. */
function startsCall(call: Loose): boolean {
  return isLoose(call['function']) && isText(call['function']['name']);
}

function isUsed(calls: Calls, index: number): boolean {
  return [...calls.byId.values()].includes(index);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

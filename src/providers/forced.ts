import type { ChatRequest } from '../chat/request.ts';
import { isLoose, type Loose } from './loose.ts';
import { toWrong } from './parts.ts';

/** An answer in a form that is asked for through a tool: its input is the answer. */
export interface Forced {
  /** What the tool is called. */
  readonly name: string;
  /** The model must call this tool, one of all, or is only asked to. */
  readonly choice: 'tool' | 'any' | 'auto';
  /** The caller's own tools stand beside it. */
  readonly withOthers: boolean;
}

/**
 * How a tool that carries the answer stands beside the caller's own. The model must call one of them or this one, and only this one where the
 * caller wants none called. `undefined`: a named or required tool goes before the form, as that answer is a call. `isForcible`: the model can
 * be made to call a tool; if not, what must not be called is not offered. The same for the encoder and the decoder, which must know what it reads.
 */
export function toForced(request: ChatRequest, wanted: unknown, isForcible: boolean): Forced | undefined {
  // Callers without types write what the type does not have.
  const choice: unknown = request.tool_choice;
  const hasTools = toolsOf(request).length > 0;
  const isNone = choice === 'none';
  if (hasTools && choice !== undefined && choice !== null && choice !== 'auto' && !isNone) return undefined;
  const name = toName(wanted, takenNames(request));
  if (!isForcible) return { name, choice: 'auto', withOthers: hasTools && !isNone };
  return { name, choice: hasTools && !isNone ? 'any' : 'tool', withOthers: hasTools };
}

/** Nobody can be made to call a tool while thinking; `between_tools` is no thinking before the first call. */
export function canForce({ thinking }: { readonly thinking?: unknown }, knowsForce = true): boolean {
  const type = isLoose(thinking) ? thinking['type'] : undefined;
  return knowsForce && (thinking === undefined || thinking === null || type === 'disabled' || type === 'between_tools');
}

/** A choice that says nothing needs no tools; any other has to have something to choose from. */
export function checkChoice(request: ChatRequest): void {
  const choice: unknown = request.tool_choice;
  const isIdle = choice === undefined || choice === null || choice === 'auto' || choice === 'none';
  const isOwnIdle = isLoose(choice) && (choice['type'] === 'auto' || choice['type'] === 'none' || choice['auto'] !== undefined);
  if (!isIdle && !isOwnIdle && toolsOf(request).length === 0) throw toWrong('tool_choice', "needs 'tools' to choose from", choice);
}

/** As long as every provider takes a name. */
const LONGEST = 64;

/** A name that providers take and no other tool has. */
function toName(wanted: unknown, taken: ReadonlySet<unknown>): string {
  const text = typeof wanted === 'string' ? wanted.replaceAll(/[^\w-]/g, '_').slice(0, LONGEST) : '';
  const name = text === '' ? 'json' : text;
  let free = name;
  for (let more = 1; taken.has(free); more += 1) {
    const ending = more === 1 ? '_answer' : `_answer${more}`;
    free = `${name.slice(0, LONGEST - ending.length)}${ending}`;
  }
  return free;
}

/** Of tools that are offered, in any protocol's shape, and of those that were called before: some providers want these offered again. */
function takenNames(request: ChatRequest): ReadonlySet<unknown> {
  const offered = toolsOf(request).flatMap((tool) => [tool, tool['function'], tool['toolSpec']].filter(isLoose).map(({ name }) => name));
  const messages = Array.isArray(request.messages) ? (request.messages as readonly unknown[]) : [];
  const calls = messages.flatMap((message) =>
    isLoose(message) && Array.isArray(message['tool_calls']) ? (message['tool_calls'] as unknown[]) : [],
  );
  const called = calls.map((call) => (isLoose(call) && isLoose(call['function']) ? call['function']['name'] : undefined));
  return new Set([...offered, ...called]);
}

function toolsOf({ tools }: ChatRequest): readonly Loose[] {
  const given: unknown = tools;
  return Array.isArray(given) ? (given as unknown[]).filter(isLoose) : [];
}

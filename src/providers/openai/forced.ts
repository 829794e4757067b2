import type { ChatRequest } from '../../chat/request.ts';
import { canForce, toForced, type Forced } from '../forced.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { DecodeContext } from '../provider.ts';
import type { Dialect } from './dialect.ts';

type Body = Record<string, unknown>;

/**
 * A schema that the server cannot keep to by itself is asked for through a tool, whose call's arguments are the answer (`toForced`). DeepSeek,
 * the only such server so far, lets nobody choose while it thinks: who wants thoughts has to trust the tool's description.
 */
export function forceSchema(body: Body, request: ChatRequest): void {
  const schema = schemaOf(body['response_format']);
  if (schema === undefined) return;
  delete body['response_format'];
  const forced = toForced(request, schema['name'], canForce(body));
  if (forced === undefined) return;
  const { description, schema: parameters = { type: 'object' } } = schema;
  const own = forced.withOthers && Array.isArray(body['tools']) ? (body['tools'] as unknown[]) : [];
  const text = typeof description === 'string' ? description : 'Gives the answer in the form that is asked for.';
  body['tools'] = [...own, { type: 'function', function: { name: forced.name, description: text, parameters } }];
  body['tool_choice'] = toChoice(forced);
  body['thinking'] ??= { type: 'disabled' };
}

function toChoice({ name, choice }: Forced): unknown {
  if (choice === 'tool') return { type: 'function', function: { name } };
  return choice === 'any' ? 'required' : 'auto';
}

/** The tool's name when the call was made with one; whether it could be forced does not change it. */
export function forcedName({ asked }: Pick<DecodeContext, 'asked'>, { capabilities }: Dialect): string | undefined {
  if (capabilities.jsonSchema !== 'tool' || asked.operation !== 'chat') return undefined;
  const schema = schemaOf(asked.request.response_format);
  return schema === undefined ? undefined : toForced(asked.request, schema['name'], true)?.name;
}

/** A whole choice: the forced call's arguments are its content. */
export function unforceChoice(choice: Loose, forced: string): Loose {
  const message = isLoose(choice['message']) ? choice['message'] : {};
  const { tool_calls: calls, ...rest } = message;
  if (!Array.isArray(calls)) return choice;
  const answer = (calls as unknown[]).find((call) => isCallOf(call, forced));
  if (!isLoose(answer) || !isLoose(answer['function'])) return choice;
  const others = (calls as unknown[]).filter((call) => call !== answer);
  const isAlone = others.length === 0;
  return {
    ...choice,
    message: { ...rest, content: textOf(answer['function']['arguments']), ...(isAlone ? {} : { tool_calls: others }) },
    finish_reason: isAlone && choice['finish_reason'] === 'tool_calls' ? 'stop' : choice['finish_reason'],
  };
}

/** The same for a stream: which of its calls is the answer is known from the call's first delta on. */
export class Unforcing {
  readonly #forced: string;
  /** Indexes of the answer's call, by choice, and choices with calls of other tools. */
  readonly #answers = new Map<number, unknown>();
  readonly #others = new Set<number>();

  constructor(forced: string) {
    this.#forced = forced;
  }

  /** A choice of a chunk, its calls numbered already. */
  unforce(choice: Loose, index: number): Loose {
    const delta = isLoose(choice['delta']) ? choice['delta'] : {};
    const { tool_calls: calls, ...rest } = delta;
    let said = choice;
    if (Array.isArray(calls)) {
      const { answer, others } = this.#sort(calls as unknown[], index);
      const content = answer === '' ? {} : { content: textOf(rest['content']) + answer };
      said = { ...choice, delta: { ...rest, ...content, ...(others.length === 0 ? {} : { tool_calls: others }) } };
    }
    const isAnswered = said['finish_reason'] === 'tool_calls' && this.#answers.has(index) && !this.#others.has(index);
    return isAnswered ? { ...said, finish_reason: 'stop' } : said;
  }

  #sort(calls: readonly unknown[], index: number): { readonly answer: string; readonly others: readonly unknown[] } {
    let answer = '';
    const others: unknown[] = [];
    for (const call of calls.filter(isLoose)) {
      if (!this.#answers.has(index) && isCallOf(call, this.#forced)) this.#answers.set(index, call['index']);
      if (this.#answers.has(index) && this.#answers.get(index) === call['index'])
        answer += isLoose(call['function']) ? textOf(call['function']['arguments']) : '';
      else others.push(call);
    }
    if (others.length > 0) this.#others.add(index);
    return { answer, others };
  }
}

function schemaOf(format: unknown): Loose | undefined {
  if (!isLoose(format) || format['type'] !== 'json_schema') return undefined;
  return isLoose(format['json_schema']) ? format['json_schema'] : {};
}

function isCallOf(call: unknown, name: string): boolean {
  return isLoose(call) && isLoose(call['function']) && call['function']['name'] === name;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

import type { ChatRequest } from '../../chat/request.ts';
import { isLoose } from '../loose.ts';
import { modelFacts } from './models.ts';
import { isOpen, toNativeSchema } from './schema.ts';

type Schema = Readonly<Record<string, unknown>>;

/** How `response_format` is asked for. */
export type Format =
  | { readonly kind: 'text' }
  /** `output_config.format`. */
  | { readonly kind: 'native'; readonly schema: Schema }
  /** The answer is the input of this tool. */
  | {
      readonly kind: 'tool';
      readonly name: string;
      readonly schema: Schema;
      readonly description: string;
      readonly choice: 'tool' | 'any' | 'auto';
    };

const TEXT: Format = { kind: 'text' };
const ANY_OBJECT: Schema = { type: 'object', additionalProperties: true };

/**
 * Native where the model keeps to schemas by itself and closing the schema's objects does not change it. Else a tool that the model must
 * call, whose input is the answer; beside tools of the caller's it must call one of them or this one, and only one at a time. A named or
 * required tool goes before the format: that answer is a call. Models that think cannot be forced: they are asked to in words.
 * The same for the decoder, which must know what it reads.
 */
export function toFormat(request: ChatRequest, model: string): Format {
  const format = request.response_format;
  if (format?.type === 'json_object') return toTool(request, model, 'json', ANY_OBJECT, 'Answers with the JSON object that was asked for.');
  if (format?.type !== 'json_schema') return TEXT;
  const { schema: wanted, description, name } = format.json_schema ?? {};
  const schema = isLoose(wanted) ? wanted : ANY_OBJECT;
  const facts = modelFacts(model);
  if (facts.schemas && (!isOpen(schema) || !facts.forcedTools)) return { kind: 'native', schema: toNativeSchema(schema) };
  return toTool(
    request,
    model,
    typeof name === 'string' ? name : 'json',
    schema,
    description ?? 'Answers with a JSON object of this form.',
  );
}

function toTool(request: ChatRequest, model: string, wanted: string, schema: Schema, description: string): Format {
  const { tool_choice: choice } = request;
  const names = (request.tools ?? []).map((tool) => tool?.function?.name);
  const isTheirs = names.length > 0 && choice !== undefined && choice !== 'auto' && choice !== 'none';
  if (isTheirs) return TEXT;
  const name = toName(wanted, names);
  if (!canForce(request, model)) return { kind: 'tool', name, schema, description, choice: 'auto' };
  return { kind: 'tool', name, schema, description, choice: names.length > 0 && choice !== 'none' ? 'any' : 'tool' };
}

/** A name that the API takes and no other tool has. */
function toName(wanted: string, taken: readonly unknown[]): string {
  const name = wanted.replaceAll(/[^\w-]/g, '_').slice(0, 60) || 'json';
  return taken.includes(name) ? `${name}_answer` : name;
}

function canForce({ thinking }: ChatRequest, model: string): boolean {
  const thinks = thinking != null && thinking.type !== 'disabled' && thinking.type !== 'between_tools';
  return modelFacts(model).forcedTools && !thinks;
}

/** What models that cannot be forced are told. */
export function toInstruction(format: Format): string | undefined {
  if (format.kind !== 'tool' || format.choice !== 'auto') return undefined;
  return `Give your final answer by calling the tool "${format.name}" once, with the whole answer as its input, and without any other text.`;
}

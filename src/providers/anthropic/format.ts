import type { ChatRequest } from '../../chat/request.ts';
import { canForce, toForced, type Forced } from '../forced.ts';
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
  | ({ readonly kind: 'tool'; readonly schema: Schema; readonly description: string } & Forced);

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
  return toTool(request, model, name, schema, description ?? 'Answers with a JSON object of this form.');
}

function toTool(request: ChatRequest, model: string, wanted: unknown, schema: Schema, description: string): Format {
  const forced = toForced(request, wanted, canForce(request, modelFacts(model).forcedTools));
  return forced === undefined ? TEXT : { kind: 'tool', ...forced, schema, description };
}

/** What models that cannot be forced are told. */
export function toInstruction(format: Format): string | undefined {
  if (format.kind !== 'tool' || format.choice !== 'auto') return undefined;
  return `Give your final answer by calling the tool "${format.name}" once, with the whole answer as its input, and without any other text.`;
}

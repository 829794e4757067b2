import type { Format } from '../anthropic/format.ts';
import { toNativeSchema } from '../anthropic/schema.ts';
import type { ChatRequest } from '../../chat/request.ts';
import { claudeFacts } from './families.ts';

type Schema = Readonly<Record<string, unknown>>;

const TEXT: Format = { kind: 'text' };
const ANY_OBJECT: Schema = { type: 'object', properties: {}, additionalProperties: true };
const SAID = 'Answers with a JSON object of this form.';

/**
 * How `response_format` is asked for. A tool that the model must call, whose input is the answer, is understood by every model that knows
 * tools; Bedrock's own `outputConfig` is only for some, and a model without it refuses the whole request. So it serves where no tool can be
 * forced: Claude while it thinks, and its lines that always do. Older ones are asked in words. A named or required tool of the caller's goes
 * before the format: that answer is a call. The same for the decoder, which must know what it reads.
 */
export function toFormat(request: ChatRequest, model: string): Format {
  const format = request.response_format;
  if (format?.type !== 'json_object' && format?.type !== 'json_schema') return TEXT;
  // Who brings the provider's own mechanism needs no other.
  if (Object.values(request.providerOptions ?? {}).some((options) => options?.['outputConfig'] !== undefined)) return TEXT;
  const names = (request.tools ?? []).map((tool) => tool?.function?.name);
  const { tool_choice: choice } = request;
  if (names.length > 0 && choice !== undefined && choice !== 'auto' && choice !== 'none') return TEXT;
  const { schema = ANY_OBJECT, description = SAID, name = 'json' } = format.type === 'json_schema' ? (format.json_schema ?? {}) : {};
  const forced = canForce(request, model);
  if (!forced && format.type === 'json_schema' && claudeFacts(model)?.schemas === true) {
    return { kind: 'native', schema: toNativeSchema(schema) };
  }
  const tool = { kind: 'tool', name: toName(name, names), schema, description } as const;
  if (!forced) return { ...tool, choice: 'auto' };
  return { ...tool, choice: names.length > 0 && choice !== 'none' ? 'any' : 'tool' };
}

function canForce({ thinking }: ChatRequest, model: string): boolean {
  const facts = claudeFacts(model);
  if (facts === undefined) return true;
  return facts.forcedTools && (thinking == null || thinking.type === 'disabled');
}

/** A name that the API takes and no other tool has. */
function toName(wanted: unknown, taken: readonly unknown[]): string {
  const text = typeof wanted === 'string' ? wanted.replaceAll(/[^\w-]/g, '_').slice(0, 56) : '';
  const name = text === '' ? 'json' : text;
  return taken.includes(name) ? `${name}_answer` : name;
}

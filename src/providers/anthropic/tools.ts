import type { ChatRequest } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { checkChoice } from '../forced.ts';
import { isLoose, type Loose } from '../loose.ts';
import { toWrong } from '../parts.ts';
import type { Format } from './format.ts';
import { modelFacts } from './models.ts';
import { toNativeSchema } from './schema.ts';

const NO_PARAMETERS = { type: 'object', properties: {} };

/** What the request's tools become, with the one that carries a formatted answer. */
export interface Tools {
  readonly tools?: readonly Loose[];
  readonly choice?: Loose;
}

export function toTools(request: ChatRequest, model: string, format: Format, unsupported: Unsupported): Tools {
  checkChoice(request);
  const offered = format.kind === 'tool' && !format.withOthers ? [] : (request.tools ?? []);
  const given = offered.flatMap((tool, index) => toTool(tool, model, `tools[${index}]`, unsupported));
  const answer = format.kind === 'tool' ? [{ name: format.name, description: format.description, input_schema: format.schema }] : [];
  const tools = [...given, ...answer];
  // A choice without tools is refused.
  if (tools.length === 0) return {};
  const choice = toChoice(request, format, unsupported);
  return { tools, ...(choice === undefined ? {} : { choice }) };
}

function toTool(tool: unknown, model: string, at: string, unsupported: Unsupported): readonly Loose[] {
  if (!isLoose(tool)) throw toWrong(at, 'must be an object', tool);
  const { type, function: called, cache_control: cache } = tool;
  if (!isLoose(called)) {
    // Anthropic's own tools (`web_search_20250305`) and its shape of others.
    if (typeof tool['name'] === 'string' && type !== 'custom' && type !== 'function') return [tool];
    if (isLoose(tool['input_schema'])) return [tool];
    unsupported.refuse(typeof type === 'string' ? type : 'tools', tool, at);
    return [];
  }
  const { name, description, parameters, strict } = called;
  if (typeof name !== 'string' || name === '') throw toWrong(`${at}.function.name`, 'must be a name', name);
  const schema = isLoose(parameters) && Object.keys(parameters).length > 0 ? { type: 'object', ...parameters } : NO_PARAMETERS;
  // Older models know no strict tools: they get the schema and their best effort.
  const isStrict = strict === true && modelFacts(model).schemas;
  return [
    {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      input_schema: isStrict ? toNativeSchema(schema) : schema,
      ...(isStrict ? { strict: true } : {}),
      ...(cache == null ? {} : { cache_control: cache }),
    },
  ];
}

function toChoice(request: ChatRequest, format: Format, unsupported: Unsupported): Loose | undefined {
  if (format.kind === 'tool') {
    if (format.choice === 'auto') return single({ type: 'auto' });
    return single(format.choice === 'any' ? { type: 'any' } : { type: 'tool', name: format.name });
  }
  const choice = readChoice(request.tool_choice, unsupported);
  if (request.parallel_tool_calls !== false || choice?.['type'] === 'none') return choice;
  return single(choice ?? { type: 'auto' });
}

/** One call at a time: an answer is not mixed with calls. */
function single(choice: Loose): Loose {
  return { ...choice, disable_parallel_tool_use: true };
}

function readChoice(choice: unknown, unsupported: Unsupported): Loose | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none') return { type: choice };
  if (choice === 'required' || choice === 'any') return { type: 'any' };
  if (isLoose(choice)) {
    const { type, function: called } = choice;
    if (isLoose(called) && typeof called['name'] === 'string') return { type: 'tool', name: called['name'] };
    if (type === 'auto' || type === 'any' || type === 'none' || (type === 'tool' && typeof choice['name'] === 'string')) return choice;
  }
  unsupported.refuse('tool_choice', choice);
  return undefined;
}

/** True when the model must call a tool. */
export function isForced({ choice }: Tools): boolean {
  return choice !== undefined && (choice['type'] === 'any' || choice['type'] === 'tool');
}

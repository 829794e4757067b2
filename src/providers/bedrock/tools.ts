import type { Format } from '../anthropic/format.ts';
import type { ChatRequest } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { checkChoice } from '../forced.ts';
import { isLoose, type Loose } from '../loose.ts';
import { toWrong } from '../parts.ts';
import { withCachePoint } from './content.ts';
import { familyOf } from './families.ts';

const NO_PARAMETERS = { type: 'object', properties: {} };

/** What the request's tools become, with the one that carries a formatted answer. */
export interface Tools {
  readonly toolConfig?: Loose;
  /** `additionalModelRequestFields`. */
  readonly fields: Loose;
  /** The model must call a tool. */
  readonly forced: boolean;
}

export function toTools(request: ChatRequest, model: string, format: Format, unsupported: Unsupported): Tools {
  checkChoice(request);
  const given = givenTools(request, format, unsupported);
  const answer = format.kind === 'tool' ? [toSpec(format.name, format.description, format.schema)] : [];
  const tools = [...given, ...answer];
  if (tools.length === 0) return { fields: {}, forced: false };
  const choice = given.length + answer.length === 0 ? undefined : toChoice(request, format, unsupported);
  const forced = choice !== undefined && choice['auto'] === undefined;
  if (request.parallel_tool_calls === false && format.kind !== 'tool') {
    // The one place for it; a choice stands beside it there, as two would contradict each other.
    if (familyOf(model) === 'claude') return { toolConfig: { tools }, fields: { tool_choice: toClaudeChoice(choice) }, forced };
    unsupported.refuse('parallel_tool_calls', false, 'parallel_tool_calls', 'cannot be turned off for this model');
  }
  return { toolConfig: { tools, ...(choice === undefined ? {} : { toolChoice: choice }) }, fields: {}, forced };
}

/** The API knows no choice of `none`: tools are left out, but where the conversation has calls, which it takes only with tools. */
function givenTools(request: ChatRequest, format: Format, unsupported: Unsupported): readonly Loose[] {
  const { tools = [], tool_choice: choice } = request;
  const used = usedTools(request);
  if (format.kind === 'tool' && !format.withOthers && tools.length > 0) return [];
  if (tools.length === 0) return used.map((name) => toSpec(name, 'Was used earlier in this conversation.', NO_PARAMETERS));
  if (choice === 'none') {
    if (used.length === 0) return [];
    const why = "cannot be 'none' there in a conversation with tool calls, as these need tools, which the model may then call";
    if (format.kind !== 'tool') unsupported.refuse('tool_choice', choice, 'tool_choice', why);
  }
  return tools.flatMap((tool, index) => toTool(tool, `tools[${index}]`, unsupported));
}

/** Names of the tools that were called before. */
function usedTools({ messages }: ChatRequest): readonly string[] {
  const calls = messages.flatMap((message): readonly unknown[] => (message.role === 'assistant' ? (message.tool_calls ?? []) : []));
  const names = calls.map((call) => (isLoose(call) && isLoose(call['function']) ? call['function']['name'] : undefined));
  return [...new Set(names.filter((name) => typeof name === 'string'))];
}

function toTool(tool: unknown, at: string, unsupported: Unsupported): readonly Loose[] {
  if (!isLoose(tool)) throw toWrong(at, 'must be an object', tool);
  const { type, function: called, cache_control: cache } = tool;
  // Converse's own shapes.
  if (['toolSpec', 'systemTool', 'cachePoint'].some((name) => isLoose(tool[name]))) return [tool];
  if (!isLoose(called)) {
    unsupported.refuse(typeof type === 'string' ? type : 'tools', tool, at);
    return [];
  }
  const { name, description, parameters } = called;
  if (typeof name !== 'string' || name === '') throw toWrong(`${at}.function.name`, 'must be a name', name);
  const schema = isLoose(parameters) && Object.keys(parameters).length > 0 ? { type: 'object', ...parameters } : NO_PARAMETERS;
  return withCachePoint([toSpec(name, description, schema)], cache);
}

function toSpec(name: string, description: unknown, json: Loose): Loose {
  const told = typeof description === 'string' && description.trim() !== '' ? { description } : {};
  return { toolSpec: { name, ...told, inputSchema: { json } } };
}

function toChoice(request: ChatRequest, format: Format, unsupported: Unsupported): Loose | undefined {
  if (format.kind === 'tool') {
    if (format.choice === 'auto') return { auto: {} };
    return format.choice === 'any' ? { any: {} } : { tool: { name: format.name } };
  }
  // Where the type is as documented there are no others, but callers without types write them.
  const choice: unknown = (request.tools ?? []).length === 0 ? undefined : request.tool_choice;
  if (choice === undefined || choice === null || choice === 'none') return undefined;
  if (choice === 'auto') return { auto: {} };
  if (choice === 'required' || choice === 'any') return { any: {} };
  if (isLoose(choice) && isLoose(choice['function']) && typeof choice['function']['name'] === 'string') {
    return { tool: { name: choice['function']['name'] } };
  }
  if (isLoose(choice) && ['auto', 'any', 'tool'].some((name) => isLoose(choice[name]))) return choice;
  unsupported.refuse('tool_choice', choice);
  return undefined;
}

/** The same in Claude's own words, for one call at a time. */
function toClaudeChoice(choice: Loose | undefined): Loose {
  const { any, tool } = choice ?? {};
  const said = isLoose(tool) ? { type: 'tool', name: tool['name'] } : { type: any === undefined ? 'auto' : 'any' };
  return { ...said, disable_parallel_tool_use: true };
}

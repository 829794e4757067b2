import type { ChatRequest } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { checkChoice } from '../forced.ts';
import { isLoose, type Loose } from '../loose.ts';
import { toWrong } from '../parts.ts';

const NO_PARAMETERS = { type: 'object', properties: {} };

/**
 * Tools and what Cohere has of a choice: it calls some tool, or none. A named one is asked for by offering it alone. `strict_tools` is of all
 * tools at once, so it is set when all of them are strict.
 */
export function toTools(request: ChatRequest, unsupported: Unsupported): Loose {
  checkChoice(request);
  if (request.parallel_tool_calls === false) unsupported.refuse('parallel_tool_calls', false);
  const tools = (request.tools ?? []).flatMap((tool, index) => toTool(tool, `tools[${index}]`, unsupported));
  if (tools.length === 0) return {};
  const { offered, choice } = choose(tools, request.tool_choice, unsupported);
  const isStrict = offered.every(({ strict }) => strict);
  return {
    tools: offered.map(({ tool }) => tool),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(isStrict ? { strict_tools: true } : {}),
  };
}

interface Offered {
  readonly name: string;
  readonly strict: boolean;
  readonly tool: Loose;
}

function toTool(tool: unknown, at: string, unsupported: Unsupported): readonly Offered[] {
  if (!isLoose(tool)) throw toWrong(at, 'must be an object', tool);
  const { type, function: called } = tool;
  if (!isLoose(called) || (type !== undefined && type !== 'function')) {
    unsupported.refuse(typeof type === 'string' && type !== 'function' ? type : 'tools', tool, at);
    return [];
  }
  const { name, description, parameters, strict } = called;
  if (typeof name !== 'string' || name === '') throw toWrong(`${at}.function.name`, 'must be a name', name);
  const told = {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    parameters: isLoose(parameters) ? parameters : NO_PARAMETERS,
  };
  return [{ name, strict: strict === true, tool: { type: 'function', function: told } }];
}

function choose(
  tools: readonly Offered[],
  choice: unknown,
  unsupported: Unsupported,
): { readonly offered: readonly Offered[]; readonly choice?: 'REQUIRED' | 'NONE' } {
  if (choice === undefined || choice === null || choice === 'auto') return { offered: tools };
  if (choice === 'required') return { offered: tools, choice: 'REQUIRED' };
  if (choice === 'none') return { offered: tools, choice: 'NONE' };
  const called = isLoose(choice) ? choice['function'] : undefined;
  const name = isLoose(called) ? called['name'] : undefined;
  const offered = tools.filter((tool) => tool.name === name);
  if (offered.length > 0) return { offered, choice: 'REQUIRED' };
  if (typeof name === 'string') throw toWrong('tool_choice.function.name', "must be one of 'tools'", name);
  unsupported.refuse('tool_choice', choice);
  return { offered: tools };
}

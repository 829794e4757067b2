import type { ChatRequest } from '../../chat/request.ts';
import type { Unsupported } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';

/**
 * Functions become declarations of one tool, with their JSON Schema as it is. A tool without `type` is one of Google's own
 * (`{ googleSearch: {} }`) and goes as it is.
 */
export function toTools({ tools }: ChatRequest, unsupported: Unsupported): readonly unknown[] | undefined {
  const declarations: Loose[] = [];
  const native: unknown[] = [];
  for (const [position, tool] of ((tools ?? []) as readonly unknown[]).entries()) {
    const declaration = toDeclaration(tool);
    if (declaration !== undefined) declarations.push(declaration);
    else if (isLoose(tool) && tool['type'] === undefined && Object.keys(tool).length > 0) native.push(tool);
    else unsupported.refuse('tools', tool, `tools[${position}]`, 'must be a function there');
  }
  const all = [...(declarations.length === 0 ? [] : [{ functionDeclarations: declarations }]), ...native];
  return all.length === 0 ? undefined : all;
}

function toDeclaration(tool: unknown): Loose | undefined {
  const said = isLoose(tool) && tool['type'] === 'function' && isLoose(tool['function']) ? tool['function'] : undefined;
  if (typeof said?.['name'] !== 'string') return undefined;
  const { name, description, parameters } = said;
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    ...(isLoose(parameters) ? { parametersJsonSchema: parameters } : {}),
  };
}

const MODES: Readonly<Record<string, string>> = { auto: 'AUTO', none: 'NONE', required: 'ANY' };

/** Which function must, may or must not be called. */
export function toToolConfig({ tool_choice: choice, tools }: ChatRequest, unsupported: Unsupported): Loose {
  const asked: unknown = choice;
  if (asked === undefined || asked === null) return {};
  // Google refuses a mode where there is nothing to choose from.
  if ((asked === 'auto' || asked === 'none') && (tools ?? []).length === 0) return {};
  if (typeof asked === 'string' && Object.hasOwn(MODES, asked)) return { functionCallingConfig: { mode: MODES[asked] } };
  const name = isLoose(asked) && isLoose(asked['function']) ? asked['function']['name'] : undefined;
  if (typeof name === 'string') return { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [name] } };
  unsupported.refuse('tool_choice', asked);
  return {};
}

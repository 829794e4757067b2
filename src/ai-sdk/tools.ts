import type { ChatRequest, ChatTool, ResponseFormat, ToolChoice } from '../chat/request.ts';
import { isStrict } from '../chat/strict.ts';
import { isLoose, isText, type Loose } from './json.ts';
import { readMarker } from './metadata.ts';
import type { LanguageModelV3CallOptions, SharedV3Warning } from './spec.ts';

type Warn = (warning: SharedV3Warning) => void;
type Tool = NonNullable<LanguageModelV3CallOptions['tools']>[number];

/** Tools and what is said of them. A provider's own tools are no function that anybody else knows. */
export function toTools({ tools, toolChoice }: LanguageModelV3CallOptions, warn: Warn): Pick<ChatRequest, 'tools' | 'tool_choice'> {
  const known = (tools ?? []).flatMap((tool) => toTool(tool, warn));
  if (known.length === 0) return {};
  return { tools: known, ...(toolChoice === undefined ? {} : { tool_choice: toChoice(toolChoice) }) };
}

function toTool(tool: Tool, warn: Warn): ChatTool[] {
  if (tool.type !== 'function') {
    warn({ type: 'unsupported', feature: `provider-defined tool ${tool.id}` });
    return [];
  }
  const { name, description, inputExamples, strict, providerOptions } = tool;
  if (inputExamples !== undefined && inputExamples.length > 0)
    warn({ type: 'unsupported', feature: 'tool input examples', details: `those of '${name}' were left out` });
  return [
    {
      type: 'function',
      function: {
        name,
        ...(description === undefined ? {} : { description }),
        parameters: withoutDialect(tool.inputSchema),
        ...(strict === undefined ? {} : { strict }),
      },
      ...readMarker(providerOptions),
    },
  ];
}

function toChoice(choice: NonNullable<LanguageModelV3CallOptions['toolChoice']>): ToolChoice {
  return choice.type === 'tool' ? { type: 'function', function: { name: choice.toolName } } : choice.type;
}

/** The AI SDK reads the answer itself, so it is the provider's to keep the schema: strictly, where the schema keeps the rules for that. */
export function toResponseFormat(format: LanguageModelV3CallOptions['responseFormat']): ResponseFormat | undefined {
  if (format?.type !== 'json') return undefined;
  const { name, description } = format;
  const given: unknown = format.schema;
  if (given === undefined) return { type: 'json_object' };
  const schema = withoutDialect(given);
  return {
    type: 'json_schema',
    json_schema: {
      name: isText(name) ? name : 'response',
      ...(isText(description) ? { description } : {}),
      schema,
      ...(isStrict(schema) ? { strict: true } : {}),
    },
  };
}

/** Which JSON Schema it is written in nobody asks, and some refuse to be told. */
function withoutDialect(schema: unknown): Loose {
  const { $schema: _, ...rest } = isLoose(schema) ? schema : {};
  return rest;
}

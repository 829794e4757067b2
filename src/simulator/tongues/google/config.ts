import { isObject } from '../../check.ts';
import { findUnknown, firstOf, readNumber, readObject, readText, words } from '../strict.ts';
import type { WireBody } from '../../question.ts';

const CONFIG_FIELDS = words(`
  stopSequences responseMimeType responseSchema responseJsonSchema responseModalities candidateCount maxOutputTokens
  temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers
  speechConfig thinkingConfig imageConfig mediaResolution audioTimestamp responseFormat
`);
const SCHEMA_FIELDS = words(`
  type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength
  maxLength pattern example anyOf propertyOrdering default items minimum maximum
`);

type Message = string | undefined;

/** The first field that Google's protobufs do not have. */
export function checkNames(value: WireBody, known: readonly string[], at: string): Message {
  const unknown = findUnknown(value, known);
  if (unknown === undefined) return undefined;
  return `Invalid JSON payload received. Unknown name "${unknown}"${at === '' ? '' : ` at '${at}'`}: Cannot find field.`;
}

/** What is wrong with `generationConfig`. */
export function checkConfig(config: WireBody): Message {
  const unknown = checkNames(config, CONFIG_FIELDS, 'generation_config');
  if (unknown !== undefined) return unknown;
  const limit = config['maxOutputTokens'] ?? 1;
  if (typeof limit !== 'number' || !Number.isInteger(limit))
    return `Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), ${JSON.stringify(limit)}`;
  if (limit < 1) return '* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.\n';
  const heat = readNumber(config['temperature']) ?? 0;
  if (heat < 0 || heat > 2) return '* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n';
  const schema = config['responseSchema'];
  const json = config['responseMimeType'] === 'application/json' || config['responseMimeType'] === 'text/x.enum';
  if ((schema ?? config['responseJsonSchema']) !== undefined && !json) {
    return `* GenerateContentRequest.generation_config.response_schema: only allowed when the response mime type is 'application/json'\n`;
  }
  return isObject(schema) ? checkSchema(schema, 'generation_config.response_schema') : undefined;
}

/** What is wrong with a function that the model may call. */
export function checkFunction(declaration: WireBody, index: number): Message {
  const at = `tools[0].function_declarations[${index}]`;
  const unknown = checkNames(
    declaration,
    ['name', 'description', 'behavior', 'parameters', 'parametersJsonSchema', 'response', 'responseJsonSchema'],
    at,
  );
  if (unknown !== undefined) return unknown;
  if (!/^[a-zA-Z_][\w.:-]{0,127}$/.test(readText(declaration['name']))) {
    return `* GenerateContentRequest.${at}.name: Invalid function name. Must start with a letter or an underscore.\n`;
  }
  return isObject(declaration['parameters']) ? checkSchema(declaration['parameters'], `${at}.parameters`) : undefined;
}

/** Google's schemas are a part of OpenAPI's: JSON Schema's other words are unknown. */
function checkSchema(schema: WireBody, at: string): Message {
  const unknown = checkNames(schema, SCHEMA_FIELDS, at);
  if (unknown !== undefined) return unknown;
  if (Array.isArray(schema['type'])) return `Invalid value at '${at}.type' (Proto field is not repeating, cannot start list.)`;
  const inner = Object.entries(readObject(schema['properties'])).map(([name, value]) => [`${at}.properties['${name}']`, value] as const);
  const all = [...inner, ...(schema['items'] === undefined ? [] : [[`${at}.items`, schema['items']] as const])];
  return firstOf(all, ([place, value]) => checkSchema(readObject(value), place));
}

/** What is wrong with `toolConfig`. */
export function checkToolConfig(body: WireBody): Message {
  const config = readObject(readObject(body['toolConfig'])['functionCallingConfig']);
  const mode = config['mode'] ?? 'AUTO';
  if (!['AUTO', 'ANY', 'NONE', 'VALIDATED'].includes(readText(mode)))
    return `Invalid value at 'tool_config.function_calling_config.mode' (Mode), "${readText(mode)}"`;
  if (config['allowedFunctionNames'] !== undefined && mode !== 'ANY' && mode !== 'VALIDATED') {
    return 'Allowed function names are only supported when function calling mode is ANY or VALIDATED.';
  }
  return undefined;
}

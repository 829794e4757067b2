import { checkObject, checkText, type Fail, isLoose, type Loose } from './checks.ts';

/** The fields of a chat request that protocols look into: as far as they rely on their shape. */
export function checkChatFields(fields: Loose, fail: Fail): void {
  const { stream, tools, tool_choice: choice, response_format: format, thinking, schema } = fields;
  if (stream != null && typeof stream !== 'boolean') fail('stream', 'must be a boolean', stream);
  if (tools !== undefined) checkTools(tools, fail);
  if (choice != null) checkChoice(choice, fail);
  if (format != null) checkFormat(format, fail);
  if (thinking != null) checkThinking(thinking, fail);
  if (schema != null && format != null) fail('schema', "says what 'response_format' would say: leave one of them out", schema);
  for (const name of ['metadata', 'stream_options', 'logit_bias']) checkObject(fields[name], name, fail);
  for (const name of ['user', 'reasoning_effort']) checkText(fields[name], name, fail);
  for (const name of ['max_tokens', 'max_completion_tokens']) checkNumber(fields[name], name, fail);
  checkStop(fields['stop'], fail);
}

function checkTools(tools: unknown, fail: Fail): void {
  if (!Array.isArray(tools)) return fail('tools', 'must be an array', tools);
  (tools as unknown[]).forEach((tool, index) => checkTool(tool, `tools[${index}]`, fail));
}

/** Tools of other types (a provider's own search) are between caller and provider. */
function checkTool(tool: unknown, at: string, fail: Fail): void {
  if (!isLoose(tool) || typeof tool['type'] !== 'string') return fail(at, "must be an object with a 'type'", tool);
  if (tool['type'] !== 'function') return;
  const { function: declared } = tool;
  if (!isLoose(declared)) return fail(`${at}.function`, 'must be an object', declared);
  if (typeof declared['name'] !== 'string') fail(`${at}.function.name`, 'must be a string', declared['name']);
  checkText(declared['description'], `${at}.function.description`, fail);
  checkObject(declared['parameters'], `${at}.function.parameters`, fail);
}

function checkChoice(choice: unknown, fail: Fail): void {
  if (typeof choice === 'string') return;
  if (!isLoose(choice) || typeof choice['type'] !== 'string')
    return fail('tool_choice', "must be a string or an object with a 'type'", choice);
  if (choice['type'] !== 'function') return;
  const { function: chosen } = choice;
  if (!isLoose(chosen)) return fail('tool_choice.function', "must be an object with a 'name'", chosen);
  if (typeof chosen['name'] !== 'string') fail('tool_choice.function.name', 'must be a string', chosen['name']);
}

function checkFormat(format: unknown, fail: Fail): void {
  if (!isLoose(format) || typeof format['type'] !== 'string') return fail('response_format', "must be an object with a 'type'", format);
  if (format['type'] !== 'json_schema') return;
  const { json_schema: asked } = format;
  if (!isLoose(asked)) return fail('response_format.json_schema', 'must be an object', asked);
  checkText(asked['name'], 'response_format.json_schema.name', fail);
  checkObject(asked['schema'], 'response_format.json_schema.schema', fail);
}

function checkThinking(thinking: unknown, fail: Fail): void {
  if (!isLoose(thinking) || typeof thinking['type'] !== 'string') return fail('thinking', "must be an object with a 'type'", thinking);
  checkNumber(thinking['budget_tokens'], 'thinking.budget_tokens', fail);
}

function checkNumber(value: unknown, at: string, fail: Fail): void {
  if (value != null && (typeof value !== 'number' || !Number.isFinite(value))) fail(at, 'must be a number', value);
}

function checkStop(stop: unknown, fail: Fail): void {
  if (stop == null || typeof stop === 'string') return;
  if (!Array.isArray(stop)) return fail('stop', 'must be a string or an array of strings', stop);
  const wrong = (stop as unknown[]).findIndex((text) => typeof text !== 'string');
  if (wrong >= 0) fail(`stop[${wrong}]`, 'must be a string', (stop as unknown[])[wrong]);
}

import { readNumber, readObject, readObjects, readText } from '../strict.ts';
import type { Question, WireBody } from '../../question.ts';
import type { Incoming } from '../tongue.ts';

/** What a body asks, whatever else is wrong with it. */
export function read({ body = {} }: Incoming): Question {
  const system = readBlocks(body['system']);
  return {
    model: readText(body['model']),
    stream: body['stream'] === true,
    texts: [...(system === '' ? [] : [system]), ...readObjects(body['messages']).map(({ content }) => readBlocks(content))],
    outputLimit: readNumber(body['max_tokens']),
    choices: 1,
    tool: readDemandedTool(body),
    json: readDemandedJson(body),
  };
}

/** The text of some content, that of tool results too. */
function readBlocks(content: unknown): string {
  if (typeof content === 'string') return content;
  return readObjects(content)
    .map((block) => (block['type'] === 'tool_result' ? readBlocks(block['content']) : readText(block['text'])))
    .join('');
}

function readDemandedTool(body: WireBody): Question['tool'] {
  const choice = readObject(body['tool_choice']);
  if (choice['type'] !== 'any' && choice['type'] !== 'tool') return undefined;
  const tools = readObjects(body['tools']);
  const found = choice['type'] === 'any' ? tools[0] : tools.find(({ name }) => name === choice['name']);
  return found === undefined ? undefined : { name: readText(found['name']), parameters: found['input_schema'] };
}

function readDemandedJson(body: WireBody): Question['json'] {
  const format = readObject(readObject(body['output_config'])['format'] ?? body['output_format']);
  return format['type'] === 'json_schema' ? { schema: format['schema'] ?? {} } : undefined;
}

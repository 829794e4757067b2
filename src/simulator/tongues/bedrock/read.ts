import { readNumber, readObject, readObjects, readText } from '../strict.ts';
import type { Question, WireBody } from '../../question.ts';
import type { Incoming, Route } from '../tongue.ts';

/** What a request asks, whatever else is wrong with it. The model and the form of the answer are in the path. */
export function read({ body = {} }: Incoming, route: Route | undefined): Question {
  const system = readBlocks(body['system']);
  const messages = readObjects(body['messages']).map(({ content }) => readBlocks(content));
  return {
    model: route?.model ?? '',
    stream: route?.stream === true,
    texts: route?.wanted === 'embeddings' ? readInputs(body) : [...(system === '' ? [] : [system]), ...messages],
    outputLimit: readNumber(readObject(body['inferenceConfig'])['maxTokens']),
    choices: 1,
    tool: readDemandedTool(body),
    json: readDemandedJson(body),
  };
}

/** The text of some content, that of tool results too, whose JSON counts as text. */
function readBlocks(content: unknown): string {
  return readObjects(content)
    .map((block) => {
      if (block['toolResult'] !== undefined) return readBlocks(readObject(block['toolResult'])['content']);
      return block['json'] === undefined ? readText(block['text']) : JSON.stringify(block['json']);
    })
    .join('');
}

/** Titan takes one text, Cohere's models several. */
export function readInputs(body: WireBody): readonly string[] {
  if (typeof body['inputText'] === 'string') return [body['inputText']];
  const texts: readonly unknown[] = Array.isArray(body['texts']) ? body['texts'] : [];
  return texts.map(readText);
}

/** What a tool is declared with. */
export function readSpecs(body: WireBody): readonly WireBody[] {
  const tools = readObjects(readObject(body['toolConfig'])['tools']);
  return tools.filter((tool) => tool['toolSpec'] !== undefined).map((tool) => readObject(tool['toolSpec']));
}

function readDemandedTool(body: WireBody): Question['tool'] {
  const choice = readObject(readObject(body['toolConfig'])['toolChoice']);
  if (choice['any'] === undefined && choice['tool'] === undefined) return undefined;
  const named = readObject(choice['tool'])['name'];
  const found = readSpecs(body).find(({ name }) => named === undefined || name === named);
  return found === undefined ? undefined : { name: readText(found['name']), parameters: readObject(found['inputSchema'])['json'] };
}

/** Structured output, whose schema is JSON text. */
function readDemandedJson(body: WireBody): Question['json'] {
  const format = readObject(readObject(body['outputConfig'])['textFormat']);
  if (format['type'] !== 'json_schema') return undefined;
  const schema = readObject(readObject(format['structure'])['jsonSchema'])['schema'];
  try {
    return { schema: JSON.parse(readText(schema)) };
  } catch {
    return { schema: {} };
  }
}

import { readNumber, readObject, readObjects, readText } from '../strict.ts';
import type { Question, WireBody } from '../../question.ts';
import type { Incoming, Route } from '../tongue.ts';

/** What a request asks, whatever else is wrong with it. The model and the form of the answer are in the path. */
export function read({ body = {} }: Incoming, route: Route | undefined): Question {
  const config = readObject(body['generationConfig']);
  return {
    model: route?.model ?? '',
    stream: route?.stream === true,
    texts: route?.wanted === 'embeddings' ? readInputs(body).map(({ text }) => text) : readTexts(body),
    outputLimit: readNumber(config['maxOutputTokens']),
    choices: readNumber(config['candidateCount']) ?? 1,
    tool: readDemandedTool(body),
    json:
      config['responseMimeType'] === 'application/json' ? { schema: config['responseSchema'] ?? config['responseJsonSchema'] } : undefined,
  };
}

function readTexts(body: WireBody): readonly string[] {
  const system = readParts(body['systemInstruction']);
  return [...(system === '' ? [] : [system]), ...readObjects(body['contents']).map(readParts)];
}

/** The text of some content, thoughts left out, that of tool results too. */
function readParts(content: unknown): string {
  return readObjects(readObject(content)['parts'])
    .map((part) => (part['thought'] === true ? '' : readText(part['text']) + readResult(part['functionResponse'])))
    .join('');
}

/** A result is an object: of one with a single text the text, else its JSON. */
function readResult(result: unknown): string {
  if (result === undefined) return '';
  const response = readObject(readObject(result)['response']);
  const [only, ...others] = Object.values(response);
  return typeof only === 'string' && others.length === 0 ? only : JSON.stringify(response);
}

/** The inputs of an embeddings request, one or a batch. */
export function readInputs(body: WireBody): readonly { readonly text: string; readonly dimensions: unknown }[] {
  const requests = body['requests'] === undefined ? [body] : readObjects(body['requests']);
  return requests.map((request) => ({ text: readParts(request['content']), dimensions: request['outputDimensionality'] }));
}

/** All functions that a request declares. */
export function readFunctions(body: WireBody): readonly WireBody[] {
  return readObjects(body['tools']).flatMap((tool) => readObjects(tool['functionDeclarations']));
}

function readDemandedTool(body: WireBody): Question['tool'] {
  const config = readObject(readObject(body['toolConfig'])['functionCallingConfig']);
  if (config['mode'] !== 'ANY') return undefined;
  const allowed: unknown = config['allowedFunctionNames'];
  const found = readFunctions(body).find(({ name }) => !Array.isArray(allowed) || allowed.includes(name));
  if (found === undefined) return undefined;
  return { name: readText(found['name']), parameters: found['parameters'] ?? found['parametersJsonSchema'] };
}

import { isObject } from '../../check.ts';
import { first, firstOf, readObject, readObjects, readText, words } from '../strict.ts';
import { isSignature } from '../texts.ts';
import type { Question, WireBody } from '../../question.ts';
import type { Complaint, Incoming, Route } from '../tongue.ts';
import { checkConfig, checkFunction, checkNames, checkToolConfig } from './config.ts';
import { readFunctions } from './read.ts';

const FIELDS = words(`
  contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels model serviceTier store
`);
const PART_DATA = words(`
  text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse
`);
const PART_FIELDS = [...PART_DATA, 'thought', 'thoughtSignature', 'videoMetadata', 'partMetadata', 'mediaResolution'];
const EMBED_FIELDS = ['model', 'content', 'taskType', 'title', 'outputDimensionality', 'embedContentConfig'];
/** Texts that Google documents for calls that it did not write itself. */
const SKIPPING = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'];

type Message = string | undefined;

/** What Gemini would refuse, in its words. */
export function complain({ body }: Incoming, route: Route, question: Question): Complaint | undefined {
  const message = findFault(body, route, question);
  return message === undefined ? undefined : { message };
}

function findFault(body: WireBody | undefined, route: Route, { model }: Question): Message {
  if (body === undefined) return 'Invalid JSON payload received. Expected an object.';
  if (route.wanted === 'embeddings') return checkEmbeddings(body, model);
  const contents = readObjects(body['contents']);
  return first(
    () => checkNames(body, FIELDS, ''),
    () => (contents.length > 0 ? undefined : '* GenerateContentRequest.contents: contents is not specified\n'),
    () => firstOf(contents, checkContent),
    () => checkParts(readObject(body['systemInstruction']), 'system_instruction'),
    () => checkPairs(contents),
    () => checkSignatures(contents, model),
    () => checkConfig(readObject(body['generationConfig'])),
    () => firstOf(readFunctions(body), checkFunction),
    () => checkToolConfig(body),
  );
}

function checkContent(content: WireBody, index: number): Message {
  const { role = 'user' } = content;
  if (role !== 'user' && role !== 'model' && role !== 'function') return 'Please use a valid role: user, model.';
  if (readObjects(content['parts']).length === 0)
    return `* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`;
  return checkNames(content, ['role', 'parts'], `contents[${index}]`) ?? checkParts(content, `contents[${index}]`);
}

function checkParts(content: WireBody, at: string): Message {
  return firstOf(readObjects(content['parts']), (part, index) => {
    const here = `${at}.parts[${index}]`;
    const unknown = checkNames(part, PART_FIELDS, here);
    if (unknown !== undefined) return unknown;
    const set = PART_DATA.filter((name) => part[name] !== undefined);
    if (set.length === 0) return `* GenerateContentRequest.${here}.data: required oneof field 'data' must have one initialized field\n`;
    if (set.length > 1) return `Invalid value at '${here}' (oneof), oneof field 'data' is already set. Cannot set '${set[1]}'`;
    const data = part['inlineData'];
    if (isObject(data) && (readText(data['mimeType']) === '' || readText(data['data']) === '')) {
      return `* GenerateContentRequest.${here}.inline_data: must have a mime type and data\n`;
    }
    const call = part['functionCall'];
    if (isObject(call) && call['args'] !== undefined && !isObject(call['args']))
      return `Invalid value at '${here}.function_call.args' (type.googleapis.com/google.protobuf.Struct)`;
    const response = part['functionResponse'];
    if (isObject(response) && !isObject(response['response']))
      return `Invalid value at '${here}.function_response.response' (type.googleapis.com/google.protobuf.Struct)`;
    return undefined;
  });
}

/** The turn after a turn with function calls answers each of them. */
function checkPairs(contents: readonly WireBody[]): Message {
  return firstOf(contents, (content, index) => {
    const calls = countParts(content, 'functionCall');
    const answers = countParts(contents[index + 1], 'functionResponse');
    if (calls > 0 && answers !== calls) {
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    }
    if (countParts(content, 'functionResponse') > 0 && countParts(contents[index - 1], 'functionCall') === 0) {
      return 'Please ensure that function response turn comes immediately after a function call turn.';
    }
    return undefined;
  });
}

function countParts(content: WireBody | undefined, name: string): number {
  return readObjects(content?.['parts']).filter((part) => part[name] !== undefined).length;
}

/** Signatures are Google's own; models that think want them back with the first call of each step of the current turn. */
function checkSignatures(contents: readonly WireBody[], model: string): Message {
  const parts = contents.flatMap((content) => readObjects(content['parts']));
  const signed = parts.map((part) => part['thoughtSignature']).filter((signature) => signature !== undefined);
  const isKnown = (signature: unknown): boolean => isSignature(signature) || SKIPPING.includes(readText(signature));
  if (!signed.every(isKnown)) return 'Thought signature is not valid';
  if (!model.startsWith('gemini-3')) return undefined;
  const turn = contents.findLastIndex((content) => content['role'] !== 'model' && countParts(content, 'functionResponse') === 0);
  return firstOf(contents, (content, index) => {
    if (index < turn) return undefined;
    const call = readObjects(content['parts']).find((part) => part['functionCall'] !== undefined);
    if (call === undefined || call['thoughtSignature'] !== undefined) return undefined;
    const name = readText(readObject(call['functionCall'])['name']);
    return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Function call \`default_api:${name}\`, position ${index + 1}.`;
  });
}

function checkEmbeddings(body: WireBody, model: string): Message {
  if (body['requests'] === undefined) return checkEmbedding(body, model, '');
  const unknown = checkNames(body, ['requests'], '');
  const requests = readObjects(body['requests']);
  if (unknown !== undefined) return unknown;
  if (requests.length === 0) return '* BatchEmbedContentsRequest.requests: requests is not specified\n';
  if (requests.length > 100) return '* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n';
  return firstOf(requests, (request, index) => {
    if (request['model'] !== `models/${model}`)
      return '* BatchEmbedContentsRequest.requests[].model: the model must match the one of the batch\n';
    return checkEmbedding(request, model, `requests[${index}]`);
  });
}

function checkEmbedding(request: WireBody, _model: string, at: string): Message {
  const unknown = checkNames(request, EMBED_FIELDS, at);
  if (unknown !== undefined) return unknown;
  const content = readObject(request['content']);
  if (readObjects(content['parts']).length === 0) return '* EmbedContentRequest.content: contents is not specified\n';
  return checkParts(content, `${at === '' ? '' : `${at}.`}content`);
}

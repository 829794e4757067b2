import { isObject } from '../../check.ts';
import { findUnknown, first, firstOf, readNumber, readObject, readObjects, readText, show, words } from '../strict.ts';
import { sign } from '../texts.ts';
import type { WireBody } from '../../question.ts';
import type { Complaint, Incoming, Route } from '../tongue.ts';
import { readInputs, readSpecs } from './read.ts';

const FIELDS = words(`
  messages system inferenceConfig toolConfig guardrailConfig additionalModelRequestFields promptVariables
  additionalModelResponseFieldPaths requestMetadata performanceConfig serviceTier outputConfig
`);
const BLOCKS = words(`
  text image document video audio toolUse toolResult guardContent cachePoint reasoningContent citationsContent
  searchResult
`);

type Message = string | undefined;

/** What Bedrock would refuse, in its words. */
export function complain({ body }: Incoming, { wanted }: Route): Complaint | undefined {
  const message = findFault(body, wanted);
  return message === undefined ? undefined : { message };
}

function findFault(body: WireBody | undefined, wanted: Route['wanted']): Message {
  if (body === undefined) return 'Malformed input request, please reformat your input and try again.';
  if (wanted === 'embeddings') {
    return readInputs(body).length > 0 ? undefined : malformed('#: required key [inputText] not found');
  }
  const messages = readObjects(body['messages']);
  const unknown = findUnknown(body, FIELDS);
  return first(
    () => (unknown === undefined ? undefined : malformed(`#: extraneous key [${unknown}] is not permitted`)),
    () => (messages.length > 0 ? undefined : `The messages field is required. Add at least one message and try again.`),
    () => firstOf(messages, checkMessage),
    () => checkOrder(messages),
    () => checkPairs(messages),
    () => firstOf(readObjects(body['system']), checkSystem),
    () => checkTools(body, messages),
    () => checkConfig(readObject(body['inferenceConfig'])),
  );
}

function malformed(what: string): string {
  return `Malformed input request: ${what}, please reformat your input and try again.`;
}

function checkMessage({ role, content }: WireBody, index: number): Message {
  if (role !== 'user' && role !== 'assistant') {
    return `1 validation error detected: Value '${show(role)}' at 'messages.${index + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`;
  }
  if (!Array.isArray(content) || content.length === 0) {
    return `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`;
  }
  return firstOf(readObjects(content), (block, place) => checkBlock(block, `messages.${index}.content.${place}`));
}

function checkBlock(block: WireBody, at: string): Message {
  const names = Object.keys(block);
  const [name = ''] = names;
  if (names.length !== 1 || !BLOCKS.includes(name)) {
    return `The content block at ${at} must set one of the following keys: ${BLOCKS.join(', ')}.`;
  }
  if (name === 'text' && readText(block['text']).trim() === '') {
    return `The text field in the ContentBlock object at ${at} is blank. Add text to the text field, and try again.`;
  }
  const use = readObject(block['toolUse']);
  if (name === 'toolUse' && (!isObject(use['input']) || !/^[a-zA-Z0-9_.:-]+$/.test(readText(use['toolUseId'])))) {
    return `The format of the value at ${at}.toolUse is invalid. Provide a json object for the field input and an id, and try again.`;
  }
  const result = readObject(block['toolResult']);
  if (name === 'toolResult' && (readText(result['toolUseId']) === '' || !Array.isArray(result['content']))) {
    return `The toolResult at ${at} must have a toolUseId and content.`;
  }
  const thought = readObject(readObject(block['reasoningContent'])['reasoningText']);
  if (name === 'reasoningContent' && 'text' in thought && thought['signature'] !== sign(readText(thought['text']))) {
    return `The model returned the following errors: ${at}: Invalid \`signature\` in \`thinking\` block`;
  }
  return name === 'image' || name === 'document' ? checkSource(readObject(block[name]), at, name) : undefined;
}

function checkSource(value: WireBody, at: string, name: string): Message {
  const source = readObject(value['source']);
  if (readText(value['format']) === '' && name === 'image') return `The format field at ${at}.image is required.`;
  if (name === 'document' && !/^[\w\s()[\]-]{1,200}$/.test(readText(value['name']))) {
    return `The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.`;
  }
  const known = ['bytes', 's3Location', 'text', 'content'].some((key) => source[key] !== undefined);
  return known ? undefined : `The source at ${at}.${name} must set one of the following keys: bytes, s3Location.`;
}

function checkOrder(messages: readonly WireBody[]): Message {
  if (messages[0]?.['role'] !== 'user') {
    return 'A conversation must start with a user message. Try again with a conversation that starts with a user message.';
  }
  const twice = messages.some((message, index) => index > 0 && message['role'] === messages[index - 1]?.['role']);
  if (!twice) return undefined;
  return 'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.';
}

/** Each tool call is answered in the next message, and nothing else is. */
function checkPairs(messages: readonly WireBody[]): Message {
  return firstOf(messages, (_message, index) => {
    const calls = readIds(messages[index], 'toolUse');
    const answers = readIds(messages[index + 1], 'toolResult');
    const open = calls.filter((id) => !answers.includes(id));
    if (open.length > 0) return `Expected toolResult blocks at messages.${index + 1}.content for the following Ids: ${open.join(', ')}`;
    const stray = readIds(messages[index], 'toolResult').filter((id) => !readIds(messages[index - 1], 'toolUse').includes(id));
    if (stray.length === 0) return undefined;
    return `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`;
  });
}

function readIds(message: WireBody | undefined, name: string): readonly string[] {
  const blocks = readObjects(message?.['content']).filter((block) => block[name] !== undefined);
  return blocks.map((block) => readText(readObject(block[name])['toolUseId']));
}

function checkSystem(block: WireBody, index: number): Message {
  if (block['cachePoint'] !== undefined || block['guardContent'] !== undefined || readText(block['text']).trim() !== '') return undefined;
  return `The text field in the SystemContentBlock object at system.${index} is blank. Add text to the text field, and try again.`;
}

function checkTools(body: WireBody, messages: readonly WireBody[]): Message {
  const used = messages.some((message) => readIds(message, 'toolUse').length + readIds(message, 'toolResult').length > 0);
  if (body['toolConfig'] === undefined) {
    return used ? 'The toolConfig field must be defined when using toolUse and toolResult content blocks.' : undefined;
  }
  const specs = readSpecs(body);
  if (specs.length === 0) {
    return `1 validation error detected: Value '[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1`;
  }
  return firstOf(specs, (spec, index) => {
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(readText(spec['name']))) {
      return `1 validation error detected: Value '${readText(spec['name'])}' at 'toolConfig.tools.${index + 1}.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`;
    }
    if (spec['description'] === '') return `The description at toolConfig.tools.${index}.toolSpec must have at least one character.`;
    const schema = readObject(readObject(spec['inputSchema'])['json']);
    if (schema['type'] === 'object') return undefined;
    return `The value at toolConfig.tools.${index}.toolSpec.inputSchema.json.type must be one of the following: object.`;
  });
}

function checkConfig(config: WireBody): Message {
  const unknown = findUnknown(config, ['maxTokens', 'temperature', 'topP', 'stopSequences']);
  if (unknown !== undefined) return malformed(`#/inferenceConfig: extraneous key [${unknown}] is not permitted`);
  const limit = config['maxTokens'] ?? 1;
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1) {
    return `1 validation error detected: Value '${show(limit)}' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1`;
  }
  const heat = readNumber(config['temperature']) ?? 0;
  if (heat >= 0 && heat <= 1) return undefined;
  return `1 validation error detected: Value '${heat}' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1`;
}

import { isObject } from '../../check.ts';
import { findUnknown, first, firstOf, readNumber, readObject, readObjects, readText, show, words } from '../strict.ts';
import { sign } from '../texts.ts';
import type { WireBody } from '../../question.ts';
import type { Complaint, Incoming } from '../tongue.ts';

const FIELDS = words(`
  model max_tokens messages system metadata stop_sequences stream temperature top_k top_p tools tool_choice thinking
  service_tier container context_management mcp_servers output_config output_format cache_control inference_geo speed
`);
const USER_BLOCKS = ['text', 'image', 'document', 'search_result', 'tool_result', 'container_upload'];
const ASSISTANT_BLOCKS = ['text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use', 'web_search_tool_result'];
/** What a block must have beside its type. */
const BLOCK_FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  image: ['source'],
  document: ['source'],
  tool_result: ['tool_use_id'],
  tool_use: ['id', 'name', 'input'],
  thinking: ['thinking', 'signature'],
  redacted_thinking: ['data'],
};

type Message = string | undefined;

/** What Anthropic would refuse, in its words. */
export function complain(incoming: Incoming): Complaint | undefined {
  const message = findFault(incoming);
  return message === undefined ? undefined : { message };
}

function findFault({ headers, body }: Incoming): Message {
  if (headers['anthropic-version'] === undefined) return 'anthropic-version: header is required';
  if (body === undefined) return 'The request body is not valid JSON: expected a JSON object';
  const unknown = findUnknown(body, FIELDS);
  const missing = ['model', 'messages', 'max_tokens'].find((name) => body[name] === undefined);
  const messages = readObjects(body['messages']);
  return first(
    () => (missing === undefined ? undefined : `${missing}: Field required`),
    () => (unknown === undefined ? undefined : `${unknown}: Extra inputs are not permitted`),
    () => (readText(body['model']) === '' ? 'model: String should have at least 1 character' : undefined),
    () => checkNumbers(body),
    () => (messages.length > 0 ? undefined : 'messages: at least one message is required'),
    () => checkSystem(body['system']),
    () => firstOf(messages, checkMessage),
    () => checkPairs(messages),
    () => firstOf(readObjects(body['tools']), checkTool),
    () => checkThinking(body, messages),
    () => checkRest(body),
  );
}

function checkNumbers(body: WireBody): Message {
  const limit = body['max_tokens'];
  if (typeof limit !== 'number' || !Number.isInteger(limit)) return 'max_tokens: Input should be a valid integer';
  if (limit < 1) return 'max_tokens: Input should be greater than or equal to 1';
  const outside = ['temperature', 'top_p'].find((name) => body[name] !== undefined && !isShare(body[name]));
  return outside === undefined ? undefined : `${outside}: range: 0..1`;
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function checkSystem(system: unknown): Message {
  if (system === undefined || typeof system === 'string') return undefined;
  if (!Array.isArray(system)) return 'system: Input should be a valid list';
  const blank = readObjects(system).findIndex((block) => block['type'] !== 'text' || readText(block['text']) === '');
  return blank === -1 ? undefined : `system.${blank}: text content blocks must be non-empty`;
}

function checkMessage(message: WireBody, index: number): Message {
  const at = `messages.${index}`;
  const { role, content } = message;
  if (role === 'system') {
    return `messages: Unexpected role "system". The Messages API accepts a top-level \`system\` parameter, not "system" as an input message role.`;
  }
  if (role !== 'user' && role !== 'assistant') return `${at}.role: Input should be 'user' or 'assistant'`;
  const unknown = findUnknown(message, ['role', 'content']);
  if (unknown !== undefined) return `${at}.${unknown}: Extra inputs are not permitted`;
  if (typeof content !== 'string' && !Array.isArray(content)) return `${at}.content: Input should be a valid list`;
  if (content.length === 0) return `${at}: all messages must have non-empty content except for the optional final assistant message`;
  if (typeof content === 'string') return undefined;
  const known = role === 'user' ? USER_BLOCKS : ASSISTANT_BLOCKS;
  return firstOf(readObjects(content), (block, place) => checkBlock(block, `${at}.content.${place}`, known));
}

function checkBlock(block: WireBody, at: string, known: readonly string[]): Message {
  const type = readText(block['type']);
  if (!known.includes(type)) {
    const tags = known.map((tag) => `'${tag}'`).join(', ');
    return `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${tags}`;
  }
  const missing = BLOCK_FIELDS[type]?.find((name) => block[name] === undefined);
  if (missing !== undefined) return `${at}.${type}.${missing}: Field required`;
  if (type === 'text' && readText(block['text']) === '') return 'messages: text content blocks must be non-empty';
  if (type === 'tool_use' && !isObject(block['input'])) return `${at}.tool_use.input: Input should be a valid dictionary`;
  if (type === 'image' || type === 'document') return checkSource(readObject(block['source']), `${at}.${type}.source`);
  if (type === 'thinking' && block['signature'] !== sign(readText(block['thinking']))) {
    return `${at}: Invalid \`signature\` in \`thinking\` block`;
  }
  return undefined;
}

function checkSource(source: WireBody, at: string): Message {
  switch (source['type']) {
    case 'base64':
      return readText(source['data']) === '' || readText(source['media_type']) === '' ? `${at}.base64.data: Field required` : undefined;
    case 'url':
      return readText(source['url']) === '' ? `${at}.url.url: Field required` : undefined;
    case 'text':
    case 'content':
    case 'file':
      return undefined;
    default:
      return `${at}: Input tag '${readText(source['type'])}' found using 'type' does not match any of the expected tags`;
  }
}

/** Each tool call is answered in the next message, and nothing else is. */
function checkPairs(messages: readonly WireBody[]): Message {
  return firstOf(messages, ({ content }, index) => {
    const blocks = readObjects(content);
    const ids = (list: readonly WireBody[], type: string, field: string) =>
      list.filter((block) => block['type'] === type).map((block) => block[field]);
    const answers = ids(readObjects(messages[index + 1]?.['content']), 'tool_result', 'tool_use_id');
    const open = ids(blocks, 'tool_use', 'id').filter((id) => !answers.includes(id));
    if (open.length > 0) {
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    }
    const asked = ids(readObjects(messages[index - 1]?.['content']), 'tool_use', 'id');
    const stray = ids(blocks, 'tool_result', 'tool_use_id').find((id) => !asked.includes(id));
    if (stray === undefined) return undefined;
    return `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${show(stray)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
  });
}

function checkTool(tool: WireBody, index: number): Message {
  const type = tool['type'] ?? 'custom';
  if (type !== 'custom') return undefined;
  const at = `tools.${index}.custom`;
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(readText(tool['name']))) return `${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
  if (!isObject(tool['input_schema'])) return `${at}.input_schema: Field required`;
  return tool['input_schema']['type'] === 'object' ? undefined : `${at}.input_schema.type: Field required`;
}

function checkThinking(body: WireBody, messages: readonly WireBody[]): Message {
  const thinking = readObject(body['thinking']);
  if (thinking['type'] !== 'enabled') return undefined;
  const budget = readNumber(thinking['budget_tokens']);
  if (budget === undefined) return 'thinking.enabled.budget_tokens: Field required';
  if (budget < 1024) return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024';
  if ((readNumber(body['max_tokens']) ?? 0) <= budget) return '`max_tokens` must be greater than `thinking.budget_tokens`.';
  if ((body['temperature'] ?? 1) !== 1) return '`temperature` may only be set to 1 when thinking is enabled.';
  const choice = readObject(body['tool_choice'])['type'];
  if (choice === 'any' || choice === 'tool') return 'Thinking may not be enabled when tool_choice forces tool use.';
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  const blocks = readObjects(messages[last]?.['content']);
  const calls = blocks.some(({ type }) => type === 'tool_use');
  if (!calls || blocks[0]?.['type'] === 'thinking' || blocks[0]?.['type'] === 'redacted_thinking') return undefined;
  return `messages.${last}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${readText(blocks[0]?.['type'])}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`;
}

function checkRest(body: WireBody): Message {
  const unknown = findUnknown(readObject(body['metadata']), ['user_id']);
  if (unknown !== undefined) return `metadata.${unknown}: Extra inputs are not permitted`;
  const stops = body['stop_sequences'] ?? [];
  if (!Array.isArray(stops)) return 'stop_sequences: Input should be a valid list';
  const blank = stops.some((stop: unknown) => readText(stop).trim() === '');
  if (blank) return 'stop_sequences: each stop sequence must contain non-whitespace';
  const choice = body['tool_choice'];
  if (choice === undefined) return undefined;
  const type = readText(readObject(choice)['type']);
  if (!['auto', 'any', 'tool', 'none'].includes(type))
    return `tool_choice: Input tag '${type}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`;
  if (body['tools'] === undefined) return 'tool_choice: tool_choice may only be specified while providing tools.';
  return undefined;
}

import type { ChatRequest } from '../../chat/request.ts';
import { RequestError } from '../../errors.ts';
import type { WireRequest } from '../../wire/types.ts';
import { copyRequest, mergeOptions, refuseUnknown, refusing, toWireRequest, type Unsupported } from '../encoding.ts';
import { isLoose } from '../loose.ts';
import type { EncodeInput } from '../provider.ts';
import { COMPATIBLE, type Dialect } from './dialect.ts';
import { forceSchema } from './forced.ts';
import { encodeMessages } from './messages.ts';

type Body = Record<string, unknown>;

/**
 * The exchange for one target. `providerOptions` go last, but cannot make a plain call a stream: the reader of the answer must know
 * which it is.
 */
export function encode(input: EncodeInput, dialect: Dialect = COMPATIBLE): WireRequest {
  const { asked, provider } = input;
  const { operation } = asked;
  const stream = input.stream && operation === 'chat';
  assertOffered(input, dialect);
  const body = operation === 'models' ? undefined : toBody(input, dialect, stream);
  const { path, query } = placeOf(input, dialect);
  return toWireRequest(provider, {
    path,
    query,
    operation,
    body,
    own: dialect.headers,
    accept: stream ? 'text/event-stream' : 'application/json',
  });
}

function assertOffered({ asked: { operation }, provider: { name } }: EncodeInput, { capabilities }: Dialect): void {
  const what = operation === 'embed' ? 'embeddings' : 'models';
  if (operation === 'chat' || capabilities[what] !== false) return;
  const missing = operation === 'embed' ? 'the embeddings request' : 'the request for models';
  throw new RequestError(`Cannot send ${missing} to '${name}' as it offers none: current value is '${operation}'`, {
    class: 'bad_request',
  });
}

/** A deployment has an address of its own, until its version of the API is the one without. */
function placeOf({ asked: { operation }, model, provider }: EncodeInput, { paths, deployments }: Dialect) {
  const path = paths[operation];
  if (!deployments || provider.apiVersion === undefined) return { path, query: undefined };
  const isFull = operation === 'models' || /\/deployments\/|\/(v1|models)$/.test(provider.baseURL);
  return { path: isFull ? path : `/deployments/${toSegment(model)}${path}`, query: { 'api-version': provider.apiVersion } };
}

/** Half a character cannot be encoded and is in no deployment's name. */
function toSegment(model: string): string {
  return encodeURIComponent(model.replaceAll(/\p{Surrogate}/gu, '\u{fffd}'));
}

function toBody(input: EncodeInput, dialect: Dialect, stream: boolean): Body {
  const { asked, model, provider } = input;
  const { request } = asked;
  const unsupported = refusing(asked, provider);
  const body: Body = { model };
  copyRequest(request, body);
  if (asked.operation === 'embed') {
    refuseFields(body, dialect.refusesForEmbeddings, unsupported);
    for (const [name, own] of Object.entries(dialect.renameForEmbeddings)) renameField(body, name, own);
  } else if (asked.operation === 'chat') encodeChat(body, asked.request, ofVersion(dialect, provider.apiVersion), unsupported);
  if (stream && dialect.asksForUsage) body['stream_options'] = toStreamOptions(request['stream_options']);
  mergeOptions(body, request, provider, stream ? STREAM_FIELD : STREAM_FIELDS);
  if (stream) body['stream'] = true;
  return body;
}

const STREAM_FIELD = new Set(['stream']);
const STREAM_FIELDS = new Set(['stream', 'stream_options']);

/** The usage comes only when asked for; a caller who does not want it says so. */
function toStreamOptions(asked: unknown): Body {
  return { include_usage: true, ...(isLoose(asked) ? asked : {}) };
}

/** Versions are dates, or words for the newest, which come after them. */
function ofVersion(dialect: Dialect, version: string | undefined): Dialect {
  const { renamesFrom } = dialect;
  return renamesFrom !== undefined && version !== undefined && version < renamesFrom ? { ...dialect, rename: {} } : dialect;
}

/** Changes the copy of the request into what the dialect takes. */
function encodeChat(body: Body, request: ChatRequest, dialect: Dialect, unsupported: Unsupported): void {
  // `null` says nothing, and servers that check types refuse it.
  if (dialect.echoes !== 'any') for (const name of Object.keys(body)) if (body[name] === null) delete body[name];
  refuseFields(body, dialect.refuses, unsupported);
  const messages = body['messages'];
  if (Array.isArray(messages)) {
    const isContinued = dialect.continues !== undefined && asksToContinue((messages as unknown[]).at(-1));
    body['messages'] = encodeMessages(messages as unknown[], dialect, unsupported);
    if (isContinued) Object.assign(body, dialect.continues?.body);
  }
  encodeReasoning(body, dialect, unsupported);
  // Servers that know both refuse them together.
  if (body['max_completion_tokens'] != null) delete body['max_tokens'];
  for (const [name, own] of Object.entries(dialect.rename)) renameField(body, name, own);
  encodeTools(body, dialect, unsupported);
  encodeFormat(body, request, dialect, unsupported);
}

/** Refuses the fields of OpenAI's that are named; what says nothing is only left out. */
function refuseFields(body: Body, names: readonly string[], unsupported: Unsupported): void {
  for (const name of names) {
    if (body[name] === undefined) continue;
    // Tools may be called side by side wherever there are tools.
    if (name !== 'parallel_tool_calls' || body[name] !== true) refuseUnknown({ [name]: body[name] }, NONE, unsupported);
    delete body[name];
  }
}

const NONE: ReadonlySet<string> = new Set();

function renameField(body: Body, name: string, own: string): void {
  if (body[name] === undefined) return;
  body[own] = body[name];
  // JSON leaves it out; deleting would make all that follows slow.
  body[name] = undefined;
}

function asksToContinue(message: unknown): boolean {
  return isLoose(message) && message['role'] === 'assistant' && message['prefix'] === true;
}

/** What the caller says in the server's own words wins over what is made of the common ones. */
function encodeReasoning(body: Body, { reasoning }: Dialect, unsupported: Unsupported): void {
  const { reasoning_effort: effort, thinking, model } = body;
  if (effort === undefined && thinking === undefined) return;
  delete body['reasoning_effort'];
  delete body['thinking'];
  const fields = reasoning({ effort, thinking, model: String(model), unsupported });
  for (const [name, value] of Object.entries(fields)) body[name] ??= value;
}

function encodeTools(body: Body, { capabilities, toolChoices, markers }: Dialect, unsupported: Unsupported): void {
  if (!capabilities.tools) return refuseFields(body, ['tools', 'tool_choice', 'parallel_tool_calls'], unsupported);
  const { tools, tool_choice: choice } = body;
  if (Array.isArray(tools) && !markers) body['tools'] = (tools as unknown[]).map(withoutMarker);
  if (toolChoices === 'any' && choice === 'required') body['tool_choice'] = 'any';
  if (toolChoices !== 'auto' || choice === undefined || choice === null || choice === 'auto') return;
  delete body['tool_choice'];
  // Without tools none can be called.
  if (choice === 'none') delete body['tools'];
  else unsupported.refuse('tool_choice', choice, 'tool_choice', "knows no choice but 'auto' and 'none' there");
}

function withoutMarker(tool: unknown): unknown {
  if (!isLoose(tool) || tool['cache_control'] === undefined) return tool;
  const { cache_control: _marker, ...rest } = tool;
  return rest;
}

function encodeFormat(body: Body, request: ChatRequest, { capabilities }: Dialect, unsupported: Unsupported): void {
  const format = body['response_format'];
  if (!isLoose(format)) return;
  if (format['type'] === 'json_schema' && capabilities.jsonSchema === 'tool') return forceSchema(body, request);
  const isRefused =
    (format['type'] === 'json_schema' && capabilities.jsonSchema === false) ||
    (format['type'] === 'json_object' && !capabilities.jsonObject);
  if (!isRefused) return;
  unsupported.refuse('response_format', format['type'], 'response_format');
  delete body['response_format'];
}

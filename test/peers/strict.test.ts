import { createRequire } from 'node:module';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ChatRequest, createClient } from 'keywheel';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStub, readBody, type StubServer } from '../support/stub-server.ts';
import { RICH, VARIANTS } from './requests.ts';

/** Providers whose own SDK says which requests there are; `type` is made of its names. */
const READERS = [
  {
    provider: 'openai',
    model: 'gpt-5-mini',
    base: '/v1',
    from: 'openai',
    type: 'OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming',
    imports: "import type OpenAI from 'openai';",
  },
  {
    provider: 'anthropic',
    model: 'claude-haiku-4-5',
    base: '/v1',
    from: '@anthropic-ai/sdk',
    type: "Omit<Anthropic.MessageCreateParamsNonStreaming, 'temperature' | 'top_p'> & { temperature?: number; top_p?: number }",
    imports: "import type Anthropic from '@anthropic-ai/sdk';",
  },
  {
    provider: 'google',
    model: 'gemini-3-pro',
    base: '/v1beta',
    from: '@google/genai',
    type: '{ contents: Content[]; systemInstruction?: Content; tools?: Tool[]; toolConfig?: ToolConfig; generationConfig?: GenerationConfig; safetySettings?: SafetySetting[] }',
    imports:
      "import { type Content, FunctionCallingConfigMode, type GenerationConfig, type SafetySetting, ThinkingLevel, type Tool, type ToolConfig } from '@google/genai';",
  },
  {
    provider: 'bedrock',
    model: 'anthropic.claude-haiku-4-5',
    base: '',
    from: '@aws-sdk/client-bedrock-runtime',
    type: "Omit<ConverseCommandInput, 'modelId'>",
    imports: "import type { ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime';",
  },
] as const;

const FOLDER = new URL('./.tmp/', import.meta.url);

let server: StubServer;
let last = '';

beforeAll(async () => {
  // Whatever is answered: only what was asked is looked at.
  server = await startStub(async (request, response) => {
    last = await readBody(request);
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"seen"}}');
  });
});
afterAll(async () => {
  await server.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

/** The body that keywheel sends. */
async function bodyOf(provider: string, model: string, base: string, more: Partial<ChatRequest>): Promise<unknown> {
  await using client = createClient({
    env: {},
    providers: { [provider]: { baseURL: server.url + base, keys: ['sk-test-0123456789abcdef'] } },
  });
  last = '';
  await client.chat({ ...RICH, ...more, model: `${provider}/${model}`, stream: false }).catch((error: Error & { status?: number }) => {
    if (error.status !== 400) throw error;
  });
  return JSON.parse(last) as unknown;
}

/** As an object literal, so that fields which the type does not know are errors. Bytes are texts on the wire and bytes in the SDK, as are enums. */
function toLiteral(value: unknown): string {
  return JSON.stringify(value, null, 1)
    .replaceAll(/"bytes": "[^"]*"/g, '"bytes": new Uint8Array()')
    .replaceAll(/"mode": "(AUTO|ANY|NONE)"/g, '"mode": FunctionCallingConfigMode.$1')
    .replaceAll(/"thinkingLevel": "(\w+)"/g, '"thinkingLevel": ThinkingLevel.$1');
}

function complaintsAbout(file: string): readonly string[] {
  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe.each(READERS)('requests to $provider', ({ provider, model, base, type, imports }) => {
  test(`are what its SDK's types allow`, async () => {
    const literals: string[] = [];
    for (const [name, more] of Object.entries(VARIANTS))
      literals.push(`export const ${name}: Request = ${toLiteral(await bodyOf(provider, model, base, more))};`);
    mkdirSync(FOLDER, { recursive: true });
    const file = fileURLToPath(new URL(`${provider}.ts`, FOLDER));
    writeFileSync(file, [imports, `type Request = ${type};`, ...literals].join('\n'));
    expect(complaintsAbout(file)).toEqual([]);
  });
});

interface Reader {
  parse(body: unknown, options: object): { readonly ok: boolean; readonly errors?: unknown };
}

/** Cohere's SDK has a strict reader of its own; its package exports no way to it but its file. */
const { V2ChatRequest } = createRequire(import.meta.url)(
  fileURLToPath(new URL('./node_modules/cohere-ai/serialization/resources/v2/client/requests/V2ChatRequest.js', import.meta.url)),
) as { readonly V2ChatRequest: Reader };

test.each(Object.entries(VARIANTS))('a request to cohere, %s, is what its SDK reads back', async (_name, more) => {
  const { stream: _stream, ...body } = (await bodyOf('cohere', 'command-a-vision', '', more)) as Readonly<Record<string, unknown>>;
  const read = V2ChatRequest.parse(body, { unrecognizedObjectKeys: 'fail', allowUnrecognizedEnumValues: false });
  expect(read.ok ? [] : read.errors).toEqual([]);
});

/** One conversation, with a tool call and a stream, that crosses three providers as the keys of one after the other run out. */
import process from 'node:process';
import { type ChatMessage, type ChatReply, type ChatTool, type Client, createClient } from 'keywheel';
import { type ReplyRequest, type Simulator, type SimulatedMessage, startSimulator } from 'keywheel/simulator';
import { coloured, type Paint, plain, wrap } from './paint.ts';

const INTRODUCTION =
  'One conversation with the model `assistant`, which stands for three providers with three protocols: OpenAI, then Anthropic, then ' +
  'Gemini. Their keys run out one after the other. The program below asks the same way all the time.';

const WEATHER: ChatTool = {
  type: 'function',
  function: {
    name: 'look_up_weather',
    description: 'Tells the weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

/** Who is asked, in order; every provider has two keys. */
const PROVIDERS = ['openai', 'anthropic', 'google'] as const;

/** Answers the exit code: 0 only if every question was answered. */
export async function showProviders(): Promise<number> {
  const paint = process.stdout.isTTY && !process.env['NO_COLOR'] ? coloured : plain;
  const width = Math.min(process.stdout.columns ?? 100, 100) - 1;
  const print = (text: string): void => void process.stdout.write(text);
  print(`${wrap(INTRODUCTION.split(' '), width).join('\n')}\n\n`);
  await using simulator = await openSimulator();
  await using client = openClient(simulator);
  const scene = new Scene(client, print, paint);

  await scene.ask('Do I need an umbrella in Lisbon today?');
  spend(simulator, 'openai');
  print(paint('yellow', '\n  (both keys of openai are out of money from here on)\n'));
  await scene.continueWithTool();
  await scene.ask('And tomorrow?');
  spend(simulator, 'anthropic');
  print(paint('yellow', '\n  (now those of anthropic, too)\n'));
  await scene.ask('Thanks! What shall I pack?');

  print(`\n${paint('bold', 'What happened')}\n`);
  for (const line of scene.story) print(`  ${line}\n`);
  return scene.answered === 4 ? 0 : 1;
}

/** The conversation so far, and what became of each question. */
class Scene {
  readonly story: string[] = [];
  answered = 0;
  readonly #client: Client;
  readonly #print: (text: string) => void;
  readonly #paint: Paint;
  readonly #messages: ChatMessage[] = [];

  constructor(client: Client, print: (text: string) => void, paint: Paint) {
    this.#client = client;
    this.#print = print;
    this.#paint = paint;
  }

  async ask(question: string): Promise<void> {
    this.#print(`\n${this.#paint('bold', 'you')}        ${question}\n`);
    this.#messages.push({ role: 'user', content: question });
    await this.#answer();
  }

  /** Does what the model asked for, and tells it: whoever answers then need not be who asked. */
  async continueWithTool(): Promise<void> {
    const last = this.#messages.at(-1);
    if (last?.role !== 'assistant') return;
    for (const call of last.tool_calls ?? []) {
      const result = JSON.stringify({ forecast: 'rain until noon, then sun', maximum: 19 });
      this.#print(`${this.#paint('bold', 'tool')}       ${call.function.name}(${call.function.arguments}) -> ${result}\n`);
      this.#messages.push({ role: 'tool', tool_call_id: call.id, content: result });
    }
    await this.#answer();
  }

  async #answer(): Promise<void> {
    const stream = await this.#client.chat({ model: 'assistant', messages: this.#messages, tools: [WEATHER], stream: true });
    this.#print(this.#paint('bold', 'assistant  '));
    for await (const { choices } of stream) this.#print(choices[0]?.delta.content ?? '');
    const reply = await stream.reply();
    const [choice] = reply.choices;
    if (choice === undefined) return;
    const calls = choice.message.tool_calls ?? [];
    if (calls.length > 0) this.#print(this.#paint('grey', `wants ${calls.map((call) => call.function.name).join(', ')}`));
    this.#print(this.#paint('grey', `\n           (${reply.report.provider}, key ${reply.report.key})\n`));
    // As it came: what a provider wants back of its own reasoning is in it.
    this.#messages.push(choice.message);
    this.#tell(reply);
  }

  #tell({ report, usage }: ChatReply): void {
    this.answered += 1;
    const steps = report.attempts.map(({ provider, key, class: outcome, action }) => `${provider} ${key}: ${outcome}, ${action}`);
    this.story.push(`${this.answered}. ${steps.join(' -> ')}${usage == null ? '' : ` (${usage.total_tokens} tokens)`}`);
  }
}

function openSimulator(): Promise<Simulator> {
  return startSimulator({
    groups: PROVIDERS.flatMap((name) => [1, 2].map((number) => ({ id: `${name}-${number}`, keys: [secretOf(name, number)] }))),
    latencyMs: { median: 250, p95: 500 },
    stream: { chunks: 12, chunkMs: 40 },
    reply,
  });
}

function openClient(simulator: Simulator): Client {
  const keysOf = (name: string): readonly { readonly id: string; readonly secret: string }[] =>
    [1, 2].map((number) => ({ id: `${name}-${number}`, secret: secretOf(name, number) }));
  return createClient({
    env: {},
    providers: Object.fromEntries(PROVIDERS.map((name) => [name, { baseURL: simulator.baseURLs[name], keys: keysOf(name) }])),
    models: { assistant: ['openai/gpt-5-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-3-flash'] },
  });
}

function spend(simulator: Simulator, provider: string): void {
  for (const number of [1, 2]) simulator.group(`${provider}-${number}`).set('spent');
}

function secretOf(provider: string, number: number): string {
  return `sk-demo-${provider}-${number}-0123456789`;
}

/** What the simulated models say. */
function reply({ prompt }: ReplyRequest): SimulatedMessage {
  if (prompt.startsWith('Do I need')) {
    return {
      reasoning: 'The weather decides, and I do not know it.',
      toolCalls: [{ name: WEATHER.function.name, arguments: '{"city":"Lisbon"}' }],
    };
  }
  if (prompt.includes('rain'))
    return { content: 'Yes, until noon: it rains in the morning. In the afternoon the sun comes out, with 19 degrees.' };
  if (prompt.startsWith('And tomorrow'))
    return { content: 'I have looked up today only, but showers are usual there in this month. Take it along.' };
  return { content: 'The umbrella, a light jacket, and good shoes: the pavements are steep and slippery when they are wet.' };
}

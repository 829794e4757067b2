/**
 * What people use today, each as its documentation says and as patient as it can be made: no call is given up. The peers are installed
 * in `bench/` alone, so that the project's own types know nothing of them: what is used of each is written down here.
 */
import { secretOf, type Case } from './case.ts';
import type { Ask, Question } from './load.ts';
import type { Time } from './time.ts';

/** What a baseline is given. */
interface Surroundings {
  readonly row: Case;
  readonly baseURL: string;
  /** Left out: that of the runtime. */
  readonly fetch?: typeof globalThis.fetch;
  readonly time: Time;
}

type OpenBaseline = (surroundings: Surroundings) => Promise<Ask>;

/** By the name in the table. */
export const baselines = {
  'openai SDK': openSdk,
  'openai SDK, 5 s cooldown': openCooldown,
  'AI SDK, ai-fallback': openFallback,
  'AI SDK, ai-retry': openRetryable,
} as const satisfies Readonly<Record<string, OpenBaseline>>;

export type BaselineName = keyof typeof baselines;

// Their names are all of the keys.
export const baselineNames = Object.keys(baselines) as readonly BaselineName[];

const ENDLESS = 1_000_000;
const MODEL = 'gpt-bench';

/** A specifier that the compiler does not follow. */
const load = async <Module>(name: string): Promise<Module> => (await import(name)) as Module;

interface OpenAiClient {
  readonly chat: { readonly completions: { create(request: object): Promise<unknown> } };
}

async function openClients({ row, baseURL, fetch }: Surroundings, maxRetries: number): Promise<readonly OpenAiClient[]> {
  const { OpenAI } = await load<{ OpenAI: new (options: object) => OpenAiClient }>('openai');
  return secretsOf(row).map((apiKey) => new OpenAI({ apiKey, baseURL, fetch, maxRetries }));
}

function secretsOf(row: Case): readonly string[] {
  return row.orgs.flatMap(({ keys }, org) => Array.from({ length: keys }, (_, key) => secretOf(org, key)));
}

function toRequest({ content, maxTokens }: Question): object {
  return { model: MODEL, messages: [{ role: 'user', content }], max_tokens: maxTokens };
}

/** The official SDK, a key for each call in turn; it repeats a refused attempt with the same key, after the time that the server names. */
async function openSdk(surroundings: Surroundings): Promise<Ask> {
  const inTurn = takeTurns(await openClients(surroundings, ENDLESS));
  return (question) => inTurn().chat.completions.create(toRequest(question));
}

/** How long LiteLLM's router leaves a deployment alone after a refusal, ms. */
const COOLDOWN_MS = 5000;

/** The official SDK without its own retries: a refused key rests, the next one in turn that does not is asked. */
async function openCooldown(surroundings: Surroundings): Promise<Ask> {
  const { time } = surroundings;
  const clients = (await openClients(surroundings, 0)).map((client) => ({ client, restsUntil: 0 }));
  const inTurn = takeTurns(clients);
  const next = async (): Promise<(typeof clients)[number]> => {
    for (;;) {
      for (let looked = 0; looked < clients.length; looked++) {
        const candidate = inTurn();
        if (candidate.restsUntil <= time.now()) return candidate;
      }
      const soonest = Math.min(...clients.map(({ restsUntil }) => restsUntil));
      await new Promise<void>((resolve) => time.after(soonest - time.now(), resolve));
    }
  };
  return async (question) => {
    for (;;) {
      const chosen = await next();
      try {
        return await chosen.client.chat.completions.create(toRequest(question));
      } catch (error) {
        const status = statusOf(error);
        // A dead key and a sick provider rest as well; anything else is the caller's to see.
        if (status !== 429 && status !== 401 && (status ?? 0) < 500) throw error;
        chosen.restsUntil = time.now() + COOLDOWN_MS;
      }
    }
  };
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}

interface Ai {
  readonly generateText: (request: object) => Promise<unknown>;
}

async function openModels({ row, baseURL, fetch }: Surroundings): Promise<readonly unknown[]> {
  const { createOpenAI } = await load<{ readonly createOpenAI: (options: object) => { chat(model: string): unknown } }>('@ai-sdk/openai');
  // Names of their own: to ai-retry models of one name are one model, whose keys it would not try in turn.
  return secretsOf(row).map((apiKey, index) => createOpenAI({ apiKey, baseURL, fetch, name: `openai-${index}` }).chat(MODEL));
}

/** All keys behind one model that goes on to the next at a refusal; the AI SDK repeats when all have refused. */
async function openFallback(surroundings: Surroundings): Promise<Ask> {
  const { generateText } = await load<Ai>('ai');
  const { createFallback } = await load<{ readonly createFallback: (options: object) => unknown }>('ai-fallback');
  const model = createFallback({ models: await openModels(surroundings) });
  return (question) => generateText({ model, maxRetries: ENDLESS, ...toPrompt(question) });
}

/** Keys in turn, each with all others to fall back to, then with the time that the server names. */
async function openRetryable(surroundings: Surroundings): Promise<Ask> {
  const { generateText } = await load<Ai>('ai');
  const { createRetryable } = await load<{ readonly createRetryable: (options: object) => unknown }>('ai-retry');
  const { retryAfterDelay } = await load<{ readonly retryAfterDelay: (options: object) => unknown }>('ai-retry/retryables');
  const models = await openModels(surroundings);
  const inTurn = takeTurns(
    models.map((model, index) => {
      const others = [...models.slice(index + 1), ...models.slice(0, index)];
      return createRetryable({ model, retries: [...others, retryAfterDelay({ delay: 1000, maxAttempts: ENDLESS })] });
    }),
  );
  // Its pages say: let it own the retries.
  return (question) => generateText({ model: inTurn(), maxRetries: 0, ...toPrompt(question) });
}

function toPrompt({ content, maxTokens }: Question): object {
  return { messages: [{ role: 'user', content }], maxOutputTokens: maxTokens };
}

function takeTurns<Item>(items: readonly Item[]): () => Item {
  let turn = 0;
  return () => {
    const item = items[turn % items.length];
    turn += 1;
    if (item === undefined) throw new RangeError('Cannot take turns as there must be somebody: current value is none');
    return item;
  };
}

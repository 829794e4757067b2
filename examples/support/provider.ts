import process from 'node:process';
import { type ReplyFunction, type Simulator, startSimulator } from 'keywheel/simulator';

/** What the examples talk to. */
export interface ExampleProvider extends AsyncDisposable {
  /** For `createClient({ env })`: keys and addresses, as `OPENAI_API_KEYS` and `OPENAI_BASE_URL`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The keys of OpenAI in it, one by one. */
  readonly keys: readonly string[];
  readonly baseURL: string;
}

/** Made up: only the simulator knows them. */
const KEYS = ['sk-simulated-one-0001', 'sk-simulated-two-0002', 'sk-simulated-three-0003'];

/**
 * OpenAI (or a compatible server) where the environment holds keys for it; else keywheel's simulator, so that trying costs nothing.
 * `reply` is what the simulator says.
 */
export async function openProvider(reply?: ReplyFunction): Promise<ExampleProvider> {
  const { env } = process;
  const keys = Object.keys(env)
    .filter((name) => /^OPENAI_API_KEY(S|_\d+)?$/.test(name))
    .flatMap((name) => (env[name] ?? '').split(/[\s,]+/).filter((text) => text !== ''));
  const baseURL = env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1';
  if (keys.length > 0) return { env, keys: [...new Set(keys)], baseURL, [Symbol.asyncDispose]: async () => {} };
  console.log('No OPENAI_API_KEY is set: the answers come from a simulator.\n');
  return simulate(
    await startSimulator({
      groups: [
        { keys: KEYS.slice(0, 2), limits: { rpm: 60 } },
        { keys: KEYS.slice(2), limits: { rpm: 60 } },
      ],
      ...(reply === undefined ? {} : { reply }),
    }),
  );
}

/** Anthropic and OpenAI where the environment holds keys for both; else the simulator, where Anthropic's key is out of money. */
export async function openTwoProviders(): Promise<ExampleProvider> {
  const { env } = process;
  if (isSet(env['ANTHROPIC_API_KEY']) && isSet(env['OPENAI_API_KEY'])) {
    return { env, keys: [], baseURL: '', [Symbol.asyncDispose]: async () => {} };
  }
  console.log('ANTHROPIC_API_KEY and OPENAI_API_KEY are not both set: the answers come from a simulator.\n');
  return simulate(await startSimulator({ groups: [{ keys: KEYS }, { keys: [{ secret: 'sk-ant-simulated-0004', state: 'spent' }] }] }));
}

function simulate(simulator: Simulator): ExampleProvider {
  const env = {
    OPENAI_API_KEYS: KEYS.join(','),
    OPENAI_BASE_URL: simulator.baseURLs.openai,
    ANTHROPIC_API_KEY: 'sk-ant-simulated-0004',
    ANTHROPIC_BASE_URL: simulator.baseURLs.anthropic,
  };
  return { env, keys: KEYS, baseURL: simulator.baseURL, [Symbol.asyncDispose]: () => simulator.close() };
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== '';
}

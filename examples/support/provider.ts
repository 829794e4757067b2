import process from 'node:process';
import { type Simulator, startSimulator } from 'keywheel/simulator';

/** What the examples talk to. */
export interface ExampleProvider extends AsyncDisposable {
  /** For `createClient({ env })`: `OPENAI_API_KEYS` and `OPENAI_BASE_URL`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The keys in it, one by one. */
  readonly keys: readonly string[];
  readonly baseURL: string;
}

/** Made up: only the simulator knows them. */
const KEYS = ['sk-simulated-one-0001', 'sk-simulated-two-0002', 'sk-simulated-three-0003'];

/** OpenAI (or a compatible server) where the environment holds keys for it; else keywheel's simulator, so that trying costs nothing. */
export async function openProvider(): Promise<ExampleProvider> {
  const { env } = process;
  const keys = Object.keys(env)
    .filter((name) => /^OPENAI_API_KEY(S|_\d+)?$/.test(name))
    .flatMap((name) => (env[name] ?? '').split(/[\s,]+/).filter((text) => text !== ''));
  const baseURL = env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1';
  if (keys.length > 0) return { env, keys: [...new Set(keys)], baseURL, [Symbol.asyncDispose]: async () => {} };
  return simulate(
    await startSimulator({
      groups: [
        { keys: KEYS.slice(0, 2), limits: { rpm: 60 } },
        { keys: KEYS.slice(2), limits: { rpm: 60 } },
      ],
    }),
  );
}

function simulate(simulator: Simulator): ExampleProvider {
  console.log('No OPENAI_API_KEY is set: the answers come from a simulator.\n');
  const env = { OPENAI_API_KEYS: KEYS.join(','), OPENAI_BASE_URL: simulator.baseURL };
  return { env, keys: KEYS, baseURL: simulator.baseURL, [Symbol.asyncDispose]: () => simulator.close() };
}

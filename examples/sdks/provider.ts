import process from 'node:process';
import { type ReplyFunction, type Simulator, startSimulator } from 'keywheel/simulator';

/** What the examples talk to. */
export interface ExampleProvider extends AsyncDisposable {
  /** For `createClient({ env })`: keys and addresses. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the SDK takes for its address; `undefined`: its own. */
  readonly url: string | undefined;
}

/** The variables of a provider, and what follows the simulator's origin: for keywheel, and for the provider's SDK. */
const KNOWN = {
  openai: { prefix: 'OPENAI', path: '/v1', sdkPath: '/v1' },
  anthropic: { prefix: 'ANTHROPIC', path: '/v1', sdkPath: '' },
  google: { prefix: 'GEMINI', path: '/v1beta', sdkPath: '' },
} as const;

/** Made up: only the simulator knows them. */
const KEYS = ['sk-simulated-one-0001', 'sk-simulated-two-0002', 'sk-simulated-three-0003'];

/**
 * The provider (or a server that speaks as it does) where the environment holds keys for it; else keywheel's simulator, where two of three
 * keys are spent. `reply` is what the simulator says.
 */
export async function openProvider(name: keyof typeof KNOWN, reply?: ReplyFunction): Promise<ExampleProvider> {
  const { env } = process;
  const { prefix, path, sdkPath } = KNOWN[name];
  if (Object.keys(env).some((variable) => variable.startsWith(`${prefix}_API_KEY`))) {
    const baseURL = env[`${prefix}_BASE_URL`];
    const url = baseURL?.endsWith(path) === true ? baseURL.slice(0, -path.length) + sdkPath : baseURL;
    return { env, url, [Symbol.asyncDispose]: async () => {} };
  }
  console.log(`No ${prefix}_API_KEY is set: the answers come from a simulator, where two of three keys are spent.\n`);
  const simulator = await startSimulator({
    groups: KEYS.map((secret, index) => ({ keys: [{ secret, state: index < 2 ? ('spent' as const) : ('ok' as const) }] })),
    ...(reply === undefined ? {} : { reply }),
  });
  return toProvider(simulator, { [`${prefix}_API_KEYS`]: KEYS.join(','), [`${prefix}_BASE_URL`]: simulator.url + path }, sdkPath);
}

function toProvider(simulator: Simulator, env: ExampleProvider['env'], sdkPath: string): ExampleProvider {
  return { env, url: simulator.url + sdkPath, [Symbol.asyncDispose]: () => simulator.close() };
}

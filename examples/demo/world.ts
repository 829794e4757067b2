import { type Client, createClient } from 'keywheel';
import { type Simulator, startSimulator } from 'keywheel/simulator';

/** Every call of the demo asks for this model. */
export const MODEL = 'demo-model';

/** The provider's minute takes ten seconds here, so that limits bind while you watch. */
const WINDOW_MS = 10_000;

const REVOKED_AT_MS = 9_000;

/** Who takes part: what the provider knows of each key, and the client has to find out. */
const GROUPS = [
  { id: 'acme', limits: { rpm: 50, windowMs: WINDOW_MS } },
  { id: 'tiny', limits: { buckets: [{ counts: 'requests', limit: 10, windowMs: WINDOW_MS / 2, kind: 'fixed' }] } },
  { id: 'north', limits: { rpm: 50, windowMs: WINDOW_MS, burst: 25 } },
  { id: 'spent', limits: { rpm: 50, windowMs: WINDOW_MS } },
] as const;

const KEYS = [
  { id: 'acme-1', group: 'acme', secret: 'sk-demo-acme-one-5d1f', role: 'shares one quota with acme-2' },
  { id: 'acme-2', group: 'acme', secret: 'sk-demo-acme-two-90ce', role: 'shares one quota with acme-1' },
  { id: 'tiny-1', group: 'tiny', secret: 'sk-demo-tiny-one-77ab', role: 'has a small quota' },
  {
    id: 'north-1',
    group: 'north',
    secret: 'sk-demo-north-one-3e42',
    role: 'is revoked after 9 s',
    changes: [{ atMs: REVOKED_AT_MS, state: 'dead' }],
  },
  { id: 'north-2', group: 'north', secret: 'sk-demo-north-two-b8f0', role: 'was revoked long ago', state: 'dead' },
  { id: 'spent-1', group: 'spent', secret: 'sk-demo-spent-one-c6d9', role: 'is out of money', state: 'spent' },
] as const;

/** What is special about each key, by its id. */
export const ROLES: ReadonlyMap<string, string> = new Map(KEYS.map(({ id, role }) => [id, role]));

/** A provider with limits, and a client that was told nothing but the keys and which of them share a quota. */
export interface World extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly client: Client;
}

export async function openWorld(): Promise<World> {
  const simulator = await startSimulator({
    groups: GROUPS.map(({ id, limits }) => ({
      id,
      limits,
      keys: KEYS.filter(({ group }) => group === id).map(({ group: _group, role: _role, ...key }) => key),
    })),
    latencyMs: { median: 350, p95: 900 },
    stream: { chunks: 8, chunkMs: 25 },
    reply: ({ prompt }) => toAnswer(prompt),
  });
  const keys = KEYS.map(({ id, group, secret }) => ({ id, group, secret }));
  const client = createClient({ providers: { demo: { protocol: 'openai', baseURL: simulator.baseURL, keys } }, cache: true });
  const dispose = async (): Promise<void> => {
    await client.close({ timeoutMs: 0 });
    await simulator.close();
  };
  return { simulator, client, [Symbol.asyncDispose]: dispose };
}

/** The right answer: the demo checks that each call got its own. */
export function toAnswer(question: string): string {
  return `You asked: ${question} Here is a rather long answer, so that it comes in several pieces.`;
}

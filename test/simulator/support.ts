import { onTestFinished } from 'vitest';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';

/** What a test sends when it does not care. */
export const CHAT = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] };

export const STREAM = { ...CHAT, stream: true };

export interface Ask {
  /** An empty text sends no key. */
  readonly key?: string;
  readonly path?: string;
  readonly method?: string;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts a simulator that the end of the test closes. */
export async function start(options: SimulatorOptions = { groups: [{ keys: ['sk-a'] }] }): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

/** Sends a body as a client would. */
export function ask(simulator: Simulator, body: unknown = CHAT, options: Ask = {}): Promise<Response> {
  const { key = 'sk-a', path = '/v1/chat/completions', method = 'POST', signal, headers } = options;
  return fetch(simulator.url + path, {
    method,
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...(key === '' ? {} : { authorization: `Bearer ${key}` }), ...headers },
    ...(signal === undefined ? {} : { signal }),
    ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

/** The same, read to its end; `json` is what the text holds. */
export async function askWhole(simulator: Simulator, body?: unknown, options?: Ask) {
  const response = await ask(simulator, body, options);
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: type.startsWith('application/json') ? JSON.parse(text) : undefined,
  };
}

/** The JSON of all events of a stream; the terminal marker is the text `[DONE]`. */
export function readEvents(text: string) {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^data: /, ''))
    .map((payload) => (payload === '[DONE]' ? payload : JSON.parse(payload)));
}

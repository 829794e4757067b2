import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, expect } from 'vitest';
import {
  createClient,
  type ChatReply,
  type ChatRequest,
  type Client,
  type ClientEvents,
  type ClientOptions,
  type EventName,
} from '../../src/index.ts';
import type { KeyOptions } from '../../src/options/types.ts';
import { createManualClock, type ManualClock } from '../../src/simulator/manual-clock.ts';
import {
  startSimulator,
  type SimulatedProtocol,
  type Simulator,
  type SimulatorGroup,
  type SimulatorKey,
  type SimulatorOptions,
} from '../../src/simulator/index.ts';
import { watchLeaks } from './leaks.ts';
import { startMute, startStub, type StubServer } from './stub-server.ts';

/** What one test opens; all of it is closed after the test, which fails where a lease, a timer or a socket is left. */
export interface World {
  simulator(options?: SimulatorOptions): Promise<Simulator>;
  /** A server of the test's own making. */
  server(listener: RequestListener): Promise<StubServer>;
  /** A server that accepts and says nothing. */
  mute(): Promise<StubServer>;
  /** A client without environment and without luck: back-offs take no time unless `random` says so. */
  client(options: ClientOptions): Client;
  /** A clock whose timers must all be gone in the end. */
  clock(): ManualClock;
}

export function useWorld(): World {
  let clients: Client[] = [];
  let servers: { close(): Promise<void> }[] = [];
  let clocks: ManualClock[] = [];
  let leaks = watchLeaks();

  const keep = async <Server extends { close(): Promise<void> }>(starting: Promise<Server>): Promise<Server> => {
    const server = await starting;
    servers.push(server);
    return server;
  };

  beforeEach(() => {
    [clients, servers, clocks] = [[], [], []];
    leaks = watchLeaks();
  });
  afterEach(async () => {
    const inFlight = clients.map((client) => client.keys.list().map((key) => key.inFlight));
    await Promise.all(clients.map((client) => client.close({ timeoutMs: 0 })));
    await Promise.all(servers.map((server) => server.close()));
    expect(inFlight.flat().filter((count) => count > 0)).toEqual([]);
    expect(clocks.map(({ pending, pendingBackground }) => [pending, pendingBackground])).toEqual(clocks.map(() => [0, 0]));
    await leaks.assertNone();
  });

  return {
    simulator: (options) => keep(startSimulator(options)),
    server: (listener) => keep(startStub(listener)),
    mute: () => keep(startMute()),
    client: (options) => {
      const client = createClient({ env: {}, random: () => 0, ...options });
      clients.push(client);
      return client;
    },
    clock: () => {
      const clock = createManualClock();
      clocks.push(clock);
      return clock;
    },
  };
}

/** The secret of a key that tests call by `name`. */
export function secretOf(name: string): string {
  return `sk-test-${name}-0123456789abcdef`;
}

/** A key as the client takes it: in a group of its own, which has its name. */
export function key(name: string, more: Partial<KeyOptions> = {}): KeyOptions {
  return { secret: secretOf(name), id: name, ...more };
}

/** The simulator's side of `key(name)`. */
export function group(name: string, more: Partial<SimulatorGroup> & Pick<SimulatorKey, 'state' | 'changes'> = {}): SimulatorGroup {
  const { state = 'ok', changes = [], ...rest } = more;
  return { id: name, organization: false, keys: [{ secret: secretOf(name), id: name, state, changes }], ...rest };
}

/** Options for one provider at `server`, with the keys of these names. */
export function at(server: { readonly baseURL: string }, ...names: readonly (string | KeyOptions)[]): ClientOptions {
  const keys = names.map((name) => (typeof name === 'string' ? key(name) : name));
  return { providers: { openai: { baseURL: server.baseURL, keys } } };
}

/** A question, unlike any other of the same test when its text is. */
export function ask(text = 'Hi', more: Partial<ChatRequest> = {}): ChatRequest & { readonly stream?: false } {
  return { model: 'openai/gpt-5-mini', messages: [{ role: 'user', content: text }], ...more, stream: false };
}

export function askStream(text = 'Hi', more: Partial<ChatRequest> = {}): ChatRequest & { readonly stream: true } {
  return { ...ask(text, more), stream: true };
}

/** Asks for a stream and reads it to its end. */
export async function readAll(
  chunks: AsyncIterable<{ readonly choices: readonly { readonly delta: { readonly content?: string | null } }[] }>,
): Promise<string> {
  let text = '';
  for await (const { choices } of chunks) text += choices[0]?.delta.content ?? '';
  return text;
}

/** The `count`th event of a name from now on. */
export function nextEvent<Name extends EventName>(client: Client, name: Name, count = 1): Promise<ClientEvents[Name]> {
  return new Promise((resolve) => {
    let left = count;
    const stop = client.on(name, (payload) => {
      left -= 1;
      if (left > 0) return;
      stop();
      resolve(payload);
    });
  });
}

/** Every event of these names, in order. */
export function record(client: Client, ...names: readonly EventName[]): { readonly name: EventName; readonly payload: unknown }[] {
  const heard: { readonly name: EventName; readonly payload: unknown }[] = [];
  for (const name of names) client.on(name, (payload) => heard.push({ name, payload }));
  return heard;
}

/** How a call failed, which it must, with an error of this class. */
export async function errorOf<E>(call: Promise<unknown>, type: abstract new (...args: never[]) => E): Promise<E> {
  const error: unknown = await call.then(
    () => {
      throw new Error('The call was answered');
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(type);
  // Asserted one line above.
  return error as E;
}

/** What each attempt of a call was taken for, and what followed. */
export function attemptsOf({ report }: Pick<ChatReply, 'report'>): readonly string[] {
  return report.attempts.map((attempt) => `${attempt.key} ${attempt.class} ${attempt.action}`);
}

/** A protocol, and how its keys look. */
export interface Speech {
  readonly title: string;
  readonly protocol: SimulatedProtocol;
  readonly model: string;
  readonly embedModel: string | undefined;
  readonly secretOf: (name: string) => string;
}

/** Every protocol that the simulator speaks; Bedrock with both kinds of keys. */
export const SPEECHES: readonly Speech[] = [
  { title: 'openai', protocol: 'openai', model: 'gpt-5-mini', embedModel: 'text-embedding-3-small', secretOf },
  { title: 'anthropic', protocol: 'anthropic', model: 'claude-sonnet-4-5', embedModel: undefined, secretOf },
  { title: 'google', protocol: 'google', model: 'gemini-3-pro-preview', embedModel: 'gemini-embedding-001', secretOf },
  { title: 'cohere', protocol: 'cohere', model: 'command-a-03-2025', embedModel: 'embed-v4.0', secretOf },
  {
    title: 'bedrock',
    protocol: 'bedrock',
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    embedModel: 'amazon.titan-embed-text-v2:0',
    secretOf,
  },
  {
    title: 'bedrock with signatures',
    protocol: 'bedrock',
    model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    embedModel: 'cohere.embed-english-v3',
    secretOf: (name) =>
      `AKIA${name
        .toUpperCase()
        .replaceAll(/[^A-Z0-9]/g, '0')
        .padStart(16, '0')}:wJalr/+${name}XUtnFEMI:session+${name}/==`,
  },
];

/** Options for a provider `p` that speaks so at `simulator`, with the keys of these names. */
export function speaking(speech: Speech, simulator: Simulator, ...names: readonly (string | KeyOptions)[]): ClientOptions {
  const keys = names.map((name) => (typeof name === 'string' ? { secret: speech.secretOf(name), id: name } : name));
  return { providers: { p: { protocol: speech.protocol, baseURL: simulator.baseURLs[speech.protocol], keys } } };
}

/** The simulator's side of it: a group of one key for each name. */
export function groupOf(speech: Speech, name: string, more: Partial<SimulatorGroup> & Pick<SimulatorKey, 'state'> = {}): SimulatorGroup {
  const { state = 'ok', ...rest } = more;
  return { id: name, organization: false, keys: [{ secret: speech.secretOf(name), id: name, state }], ...rest };
}

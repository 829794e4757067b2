import { inspect } from 'node:util';
import { Registry } from 'prom-client';
import type { Alert, Client, ClientOptions } from '../../src/index.ts';
import type { Telemetry } from '../otel/support.ts';
import { readBody } from './stub-server.ts';
import { listen, textsOf } from './secrets.ts';
import type { World } from './world.ts';

/** Of the webhook that `watchedClient` posts to: in its path, its query and its headers. */
export const WEBHOOK_SECRETS = ['T0kenOfTheHook/abc+9', 'sig-Of+The=Hook&1', 'hook-header-Secret9'] as const;

const DIMENSIONS = ['key', 'group', 'provider', 'model', 'tenant', 'tag', 'tag:page'] as const;

export interface Watched {
  readonly client: Client;
  readonly onEvent: ReturnType<typeof listen>['onEvent'];
  /** Takes down one more thing. */
  note(value: unknown): void;
  /** Takes down a `Response`, its body only where it is no answer of the provider's own. */
  noteResponse(response: Response): Promise<void>;
  /** Closes the client. Everything that it ever let out. */
  close(): Promise<readonly string[]>;
}

/** A client with everybody who keeps account of it, content included. */
export async function watchedClient(world: World, telemetry: Telemetry, options: ClientOptions): Promise<Watched> {
  const texts: string[] = [];
  const hook = await world.server((request, response) => {
    void readBody(request).then((body) => {
      texts.push(body);
      // Takes some, gives up on some, sends some elsewhere.
      const status = [200, 404, 307][texts.length % 3] ?? 200;
      response.writeHead(status, { location: `http://127.0.0.1:9${request.url ?? ''}` }).end(request.url);
    });
  });
  const [path, signature, header] = WEBHOOK_SECRETS;
  const to = `${hook.url}/hooks/${encodeURIComponent(path)}?sig=${encodeURIComponent(signature)}`;
  const on: readonly Alert['alert'][] = ['limit-near', 'keys-exhausted', 'key-invalidated', 'budget-near', 'budget-reached'];
  const client = world.client({
    log: { to: { write: (line) => texts.push(line) }, content: true, attempts: true },
    alerts: [
      { on, to, headers: { 'x-hook-token': header }, everyMs: 0 },
      { on, to: (alert) => void texts.push(...textsOf(alert)), everyMs: 0 },
    ],
    budgets: { tags: { page: { calls: 3, per: 'day' } }, tenants: { '*': { tokens: 1000, per: 'month' } } },
    limitNear: [0.1, 0.5],
    ...options,
  });
  const { texts: heard, note, onEvent } = listen(client);
  telemetry.instrument(client, { captureContent: true });
  const registry = new Registry();
  client.metrics(registry);
  return {
    client,
    onEvent,
    note,
    async noteResponse(response) {
      note([...response.headers]);
      texts.push(inspect(response, { showHidden: true, depth: 5 }), response.url, response.statusText);
      const body = await response.text().catch(note);
      if (!response.ok && body !== undefined) texts.push(body);
    },
    async close() {
      texts.push(client.metrics(), await registry.metrics());
      texts.push(inspect(client, { showHidden: true, depth: 6 }));
      note([client.keys.list(), client.keys.unused({ days: 0 }), client.budgets(), client.capacity(), client]);
      for (const by of DIMENSIONS) note([client.usage({ by }), client.usage({ by, per: 'minute' })]);
      await client.close();
      const spans = telemetry.spans().map(({ name, attributes, events, links, status }) => ({ name, attributes, events, links, status }));
      texts.push(JSON.stringify(spans), JSON.stringify([...(await telemetry.metrics())]));
      return [...texts, ...heard];
    },
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Alert, AlertOptions, Client } from '../../src/index.ts';
import { ConfigError, createClient, KeysExhaustedError } from '../../src/index.ts';
import { readBody } from '../support/stub-server.ts';
import { ask, at, errorOf, group, record, useWorld } from '../support/world.ts';

const world = useWorld();

interface Posted {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly alert: Alert;
}

/** A webhook that answers as it is told, then with 200; `until` resolves when so many were posted. */
async function webhook(...answers: readonly ((response: ServerResponse) => void)[]) {
  const posted: Posted[] = [];
  const waiters: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = await world.server((request, response) => {
    void readBody(request).then((body) => {
      posted.push({ url: request.url, headers: request.headers, alert: JSON.parse(body) as Alert });
      const answer = answers[posted.length - 1];
      if (answer === undefined) response.end('ok');
      else answer(response);
      for (const { count, resolve } of waiters) if (posted.length >= count) resolve();
    });
  });
  const until = (count: number): Promise<void> =>
    posted.length >= count
      ? Promise.resolve()
      : new Promise((resolve) => {
          waiters.push({ count, resolve });
        });
  return { ...server, posted, until };
}

const status =
  (code: number, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(code, headers).end();

/** A client whose only key is dead, and which tells so. */
async function deaf(alert: Omit<AlertOptions, 'on'> & Partial<AlertOptions>, more: object = {}) {
  const simulator = await world.simulator({ groups: [group('a', { state: 'dead' })] });
  const client = world.client({ ...at(simulator, 'a'), alerts: [{ on: 'keys-exhausted', ...alert }], ...more });
  return { client, failed: record(client, 'alert-failed') };
}

const fail = (client: Client, model = 'openai/gpt-5-mini'): Promise<KeysExhaustedError> =>
  errorOf(client.chat(ask('Hi', { model })), KeysExhaustedError);

describe('a webhook', () => {
  test('gets what happened as JSON, with headers and the user of its URL, and no key', async () => {
    const hook = await webhook();
    const to = hook.url.replace('//', '//me:pa%25ss@');
    const { client, failed } = await deaf({
      on: ['key-invalidated', 'keys-exhausted'],
      to: `${to}/hooks/T0?x=1`,
      headers: { 'X-Team': 'a' },
    });
    await fail(client);
    await client.close();
    expect(hook.posted.map(({ alert }) => alert.alert)).toEqual(['key-invalidated', 'keys-exhausted']);
    expect(hook.posted[1]).toMatchObject({
      url: '/hooks/T0?x=1',
      headers: { 'x-team': 'a', 'content-type': 'application/json', authorization: `Basic ${Buffer.from('me:pa%ss').toString('base64')}` },
      alert: { provider: 'openai', model: 'gpt-5-mini', text: expect.stringContaining('no key of openai can serve gpt-5-mini') as string },
    });
    expect([failed, JSON.stringify(hook.posted)]).toEqual([[], expect.not.stringContaining('sk-test')]);
  });

  test('gets equal alerts once in a while, with the number of the others', async () => {
    const hook = await webhook();
    const clock = world.clock();
    const { client } = await deaf({ to: hook.url, everyMs: 60_000 }, { clock });
    for (let call = 0; call < 3; call += 1) await fail(client);
    await fail(client, 'openai/other');
    await hook.until(2);
    // Answered, not only posted.
    await expect.poll(() => clock.pendingBackground).toBe(0);
    await clock.advance(60_000);
    await fail(client);
    await client.close();
    expect(hook.posted.map(({ alert }) => ['model' in alert ? alert.model : '', alert.suppressed])).toEqual([
      ['gpt-5-mini', undefined],
      ['other', undefined],
      ['gpt-5-mini', 2],
    ]);
  });

  test('that is sick is asked again, not before it says', async () => {
    const hook = await webhook(status(503), status(429, { 'retry-after': '7' }));
    const clock = world.clock();
    const { client, failed } = await deaf({ to: hook.url }, { clock, random: () => 0.5 });
    await fail(client);
    await hook.until(1);
    await slept(clock, 500);
    await clock.advance(500);
    await hook.until(2);
    await slept(clock, 7_000);
    await clock.advance(7_000);
    await hook.until(3);
    await client.close();
    expect([hook.posted.length, failed]).toEqual([3, []]);
  });

  test.each([
    ['404', status(404), /^the webhook answered with status 404$/],
    ['a redirect', status(302, { location: 'http://evil.test/token' }), /never follows a redirect with a key: 302 to http:\/\/evil\.test$/],
  ])('that answers with %s is given up at once, without its URL', async (_, answer, reason) => {
    const hook = await webhook(answer);
    const { client, failed } = await deaf({ to: `${hook.url}/services/SECRET1234` });
    await fail(client);
    await client.close();
    expect(failed).toEqual([
      {
        name: 'alert-failed',
        payload: {
          alert: 'keys-exhausted',
          to: `127.0.0.1:${hook.port}`,
          reason: expect.stringMatching(reason) as string,
        },
      },
    ]);
    expect(hook.posted.length).toBe(1);
  });

  test('that says nothing holds up no call, gives way to newer alerts, and is given up when the client is closed', async () => {
    const mute = await world.mute();
    const clock = world.clock();
    const { client, failed } = await deaf({ to: mute.url, everyMs: 0 }, { clock });
    for (let call = 0; call < 103; call += 1) await fail(client);
    const closed = client.close();
    await expect.poll(() => clock.pending).toBe(1);
    await clock.advance(2_000);
    await closed;
    // The first was under way, a hundred waited, two gave way.
    expect(failed.length).toBe(101);
    expect(failed[0]).toMatchObject({ payload: { reason: expect.stringContaining('the client was closed') as string } });
  });

  test('that says nothing is given up after four tries of ten seconds', async () => {
    const silent = (): void => {};
    const hook = await webhook(silent, silent, silent, silent);
    const clock = world.clock();
    const { client, failed } = await deaf({ to: hook.url }, { clock });
    await fail(client);
    for (let tries = 1; tries <= 4; tries += 1) {
      await hook.until(tries);
      await clock.advance(10_000);
    }
    await expect.poll(() => failed.length).toBe(1);
    expect(failed[0]).toMatchObject({ payload: { reason: 'no answer within 10000 ms' } });
    expect(clock.pendingBackground).toBe(0);
    await client.close();
  });
});

test('a function gets the alert, and what it throws stays its own', async () => {
  const heard: Alert[] = [];
  const { client, failed } = await deaf({
    to: (alert) => {
      heard.push(alert);
      throw new Error('mine');
    },
  });
  await fail(client);
  expect([heard.map(({ alert }) => alert), failed]).toEqual([['keys-exhausted'], []]);
});

describe('wrong options', () => {
  const refusal = (alerts: unknown): string => {
    try {
      createClient({ env: { OPENAI_API_KEY: 'sk' }, alerts } as Parameters<typeof createClient>[0]);
      return 'none';
    } catch (error) {
      return error instanceof ConfigError ? error.message : 'another';
    }
  };

  test.each([
    [[{ on: 'call-failed', to: 'http://a.test' }], "'alerts.0.on' must be 'limit-near'"],
    [
      [{ on: 'limit-near', to: 'ftp://a.test/TOKEN99' }],
      "'alerts.0.to' must be a URL with http or https, or a function: current value is a string",
    ],
    [[{ on: 'limit-near', to: 'http://a.test', headers: { a: 'TOKEN99\n' } }], "'alerts.0.headers' must be headers that HTTP allows"],
    [
      [{ on: 'limit-near', to: 'http://u:TOKEN99@a.test', headers: { Authorization: 'x' } }],
      "the user in 'alerts.0.to' and the header 'authorization' exclude each other",
    ],
    [[{ on: [], to: 'http://a.test' }], "'alerts.0.on' must be"],
  ])('%j are refused without showing a token', (alerts, message) => {
    expect(refusal(alerts)).toContain(message);
    expect(refusal(alerts)).not.toContain('TOKEN99');
  });
});

/** Waits until a timer of so many ms stands. */
async function slept(clock: ReturnType<typeof world.clock>, ms: number): Promise<void> {
  await expect.poll(() => clock.nextAt).toBe(clock.now() + ms);
}

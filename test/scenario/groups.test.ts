import { expect, test } from 'vitest';
import { ConfigError, KeysExhaustedError } from '../../src/index.ts';
import type { KeyOptions } from '../../src/options/types.ts';
import type { SimulatorGroup } from '../../src/simulator/index.ts';
import { ask, at, errorOf, key, record, secretOf, useWorld } from '../support/world.ts';

// Keys whose groups nobody declared: which of them share limits is learned from the project that answers name.

const world = useWorld();

function project(name: string, keys: readonly string[], more: Partial<SimulatorGroup> = {}): SimulatorGroup {
  const secrets = keys.map((id) => ({ secret: secretOf(id), id }));
  return { id: name, organization: 'org-1', project: `proj_${name}`, keys: secrets, ...more };
}

async function open(names: readonly (string | KeyOptions)[] = ['a', 'b', 'c'], more: Partial<SimulatorGroup> = {}) {
  const clock = world.clock();
  const simulator = await world.simulator({ groups: [project('p', ['a', 'b', 'd'], more), project('q', ['c'])], clock });
  const client = world.client({ ...at(simulator, ...names), clock });
  const heard = record(client, 'group-learned');
  const groups = (): readonly string[] => client.keys.list().map(({ id, group }) => `${id} in ${group}`);
  const meet = async (...ids: readonly string[]): Promise<void> => {
    for (const id of ids) await client.chat(ask(`met by ${id}`), { keys: [id] });
  };
  return { clock, simulator, client, heard, groups, meet };
}

test('the first answers show which keys share a project, and these are one group from then on', async () => {
  const { client, heard, groups, meet } = await open();
  await meet('c', 'b', 'a', 'a');
  expect(groups()).toEqual(['a in a', 'b in a', 'c in c']);
  expect(heard).toEqual([{ name: 'group-learned', payload: { provider: 'openai', project: 'proj_p', group: 'a', keys: ['a', 'b'] } }]);
  expect(client.keys.get('b')).toMatchObject({ group: 'a', organization: 'org-1', project: 'proj_p' });
  // One organisation, but not one quota.
  expect(client.keys.get('c')).toMatchObject({ group: 'c', organization: 'org-1', project: 'proj_q' });
});

test('a rate limit of one of them leads to a key of another project, not to its twin', async () => {
  const { client, simulator, meet } = await open();
  await meet('a', 'b', 'c');
  simulator.fail({ kind: 'rate_limit', group: 'p', times: Infinity, retryAfterMs: 60_000 });
  const replies = await Promise.all(Array.from({ length: 6 }, (_, index) => client.chat(ask(`${index}`))));
  for (const { report } of replies) {
    const refused = report.attempts.filter((attempt) => attempt.class !== 'ok').map((attempt) => attempt.group);
    expect([new Set(refused).size, report.key]).toEqual([refused.length, 'c']);
  }
  expect((await client.chat(ask('later'))).report.attempts).toHaveLength(1);
  expect(client.keys.list().map(({ holds }) => holds.length)).toEqual([1, 1, 0]);
});

test('a refusal that shows the project is enough: the hold of the one is that of both', async () => {
  const { client, simulator, meet } = await open();
  await meet('a');
  simulator.fail({ kind: 'rate_limit', key: 'b', retryAfterMs: 60_000 });
  const error = await errorOf(client.chat(ask(), { keys: ['b'], maxWaitMs: 0 }), KeysExhaustedError);
  expect(error.report?.attempts.map((attempt) => attempt.class)).toEqual(['rate_limited']);
  expect(client.keys.get('a')).toMatchObject({ group: 'a', holds: [{ scope: 'group', class: 'rate_limited' }] });
});

test('what the server allows the project is spent once by all of them', async () => {
  const { client, simulator, meet, clock } = await open(['a', 'b'], { limits: { rpm: 60, burst: 10 } });
  await meet('a', 'b');
  const refused = record(client, 'attempt-failed');
  const calls = Array.from({ length: 12 }, (_, index) => client.chat(ask(`${index}`)));
  await simulator.until(({ served }) => served === 10);
  for (let second = 0; second < 6; second += 1) await clock.advance(1_005);
  await Promise.all(calls);
  expect([refused, simulator.stats().served]).toEqual([[], 14]);
  const [a, b] = client.keys.list();
  expect(a?.buckets).toEqual(b?.buckets);
});

test('groups that somebody declared stay as they are, and an event says that they share', async () => {
  const { groups, meet, heard } = await open([key('a', { group: 'mine' }), 'b', 'd', 'c']);
  await meet('a', 'b', 'c', 'd');
  expect(groups()).toEqual(['a in mine', 'b in b', 'd in b', 'c in c']);
  expect(heard.map(({ payload }) => payload)).toEqual([
    { provider: 'openai', project: 'proj_p', group: 'b', keys: ['b', 'a'], ignored: true },
    { provider: 'openai', project: 'proj_p', group: 'b', keys: ['b', 'd'] },
    { provider: 'openai', project: 'proj_p', group: 'b', keys: ['b', 'd', 'a'], ignored: true },
  ]);
});

test('the name of the group that was is still one to call by', async () => {
  const { client, meet } = await open();
  await meet('a', 'b');
  for (const name of ['a', 'b']) expect((await client.chat(ask(name), { groups: [name] })).report.attempts[0]?.group).toBe('a');
  client.keys.remove('a');
  expect((await client.chat(ask('without a'), { groups: ['a'] })).report.key).toBe('b');
});

test('of limits that were given to each of them the larger one binds them together', async () => {
  const { client, meet, clock } = await open([key('a', { limits: { concurrency: 5 } }), key('b', { limits: { concurrency: 1 } })]);
  await meet('a', 'b');
  let most = 0;
  const inFlight = (): number => client.keys.list().reduce((sum, each) => sum + each.inFlight, 0);
  client.on('attempt-finished', () => (most = Math.max(most, inFlight())));
  await Promise.all(Array.from({ length: 6 }, (_, index) => client.chat(ask(`${index}`))));
  expect([most, clock.pending]).toEqual([5, 0]);
  expect(() => client.keys.add('openai', key('d', { group: 'a', limits: { concurrency: 1 } }))).toThrow(ConfigError);
});

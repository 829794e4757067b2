import { expect, test } from 'vitest';
import { startSimulator, type Fault, type SimulatorOptions } from '../../src/simulator/index.ts';
import { start } from './support.ts';

const wrong = (value: unknown): SimulatorOptions => value as SimulatorOptions;
const group = (value: object): SimulatorOptions => wrong({ groups: [{ keys: ['sk-a'], ...value }] });

test.each([
  [wrong({ seed: 'x' }), TypeError, `'seed' must be an integer: current value is 'x'`],
  [wrong({ seed: 1.5 }), RangeError, `'seed' must be an integer: current value is 1.5`],
  [wrong({ sed: 1 }), TypeError, `'sed' must be left out, as the fields here are seed, groups, `],
  [wrong({ groups: [] }), RangeError, `'groups' must be a list of at least one group: current value is a list of 0`],
  [wrong({ groups: 'sk-a' }), TypeError, `'groups' must be a list: current value is 'sk-a'`],
  [wrong({ latencyMs: -1 }), RangeError, `'latencyMs' must be a number from 0: current value is -1`],
  [wrong({ latencyMs: { min: 5, max: 4 } }), RangeError, `'latencyMs.max' must be a number from 5: current value is 4`],
  [wrong({ latencyMs: { median: 0, p95: 4 } }), RangeError, `'latencyMs.median' must be a number above 0: current value is 0`],
  [wrong({ latencyMs: 'slow' }), TypeError, `'latencyMs' must be milliseconds, { min, max } or { median, p95 }: current value is 'slow'`],
  [wrong({ stream: { chunks: 0 } }), RangeError, `'stream.chunks' must be an integer from 1: current value is 0`],
  [wrong({ reply: 'Hi' }), TypeError, `'reply' must be a function: current value is 'Hi'`],
  [wrong({ models: [''] }), RangeError, `'models[0]' must be a text that is not empty: current value is ''`],
  [wrong({ record: Number.NaN }), RangeError, `'record' must be an integer from 0: current value is NaN`],
  [group({ keys: [7] }), TypeError, `'groups[0].keys[0]' must be a secret or an object with one: current value is 7`],
  [
    group({ keys: [{ secret: 'a', state: 'ill' }] }),
    TypeError,
    `'groups[0].keys[0].state' must be one of 'ok', 'dead', 'spent', 'forbidden': current value is 'ill'`,
  ],
  [
    group({ keys: [{ secret: 'a', changes: [{ atMs: -1, state: 'ok' }] }] }),
    RangeError,
    `'groups[0].keys[0].changes[0].atMs' must be a number from 0: current value is -1`,
  ],
  [
    group({ keys: ['secret', 'secret'] }),
    RangeError,
    `'groups[0]' must be different from the others in ids and secrets: current value is 'group-1'`,
  ],
  [group({ limits: { rpm: 0 } }), RangeError, `'groups[0].limits.rpm' must be an integer from 1: current value is 0`],
  [group({ limits: { rmp: 5 } }), TypeError, `'groups[0].limits.rmp' must be left out, as the fields here are rpm, `],
  [
    group({ limits: { rpm: 5, burst: 2, kind: 'fixed' } }),
    RangeError,
    `'groups[0].limits.burst' must be left out, as only kind 'refill' has one: current value is 2`,
  ],
  [
    group({ limits: { buckets: [{ counts: 'images', limit: 1, windowMs: 1 }] } }),
    TypeError,
    `'groups[0].limits.buckets[0].counts' must be one of`,
  ],
  [
    group({ limits: { buckets: [{ counts: 'requests', limit: 1 }] } }),
    TypeError,
    `'groups[0].limits.buckets[0].windowMs' must be an integer from 1: current value is undefined`,
  ],
  [group({ concurrency: 0 }), RangeError, `'groups[0].concurrency' must be an integer from 1: current value is 0`],
  [
    group({ headers: 'sometimes' }),
    TypeError,
    `'groups[0].headers' must be one of 'always', 'refused', 'answered', 'never': current value is 'sometimes'`,
  ],
  [group({ organization: 5 }), TypeError, `'groups[0].organization' must be a text: current value is 5`],
  [group({ settle: 'yes' }), TypeError, `'groups[0].settle' must be true or false: current value is 'yes'`],
  [wrong({ faults: [{ kind: 'fire' }] }), TypeError, `'faults[0].kind' must be one of 'status', 'rate_limit',`],
  [wrong({ faults: [{ kind: 'status' }] }), TypeError, `'faults[0].status' must be an integer from 200 to 599: current value is undefined`],
  [wrong({ faults: [{ kind: 'redirect' }] }), TypeError, `'faults[0].location' must be a text: current value is undefined`],
  [wrong({ faults: [{ kind: 'hang', status: 500 }] }), TypeError, `'faults[0].status' must be left out`],
  [
    wrong({ faults: [{ kind: 'hang', probability: 2 }] }),
    RangeError,
    `'faults[0].probability' must be a number from 0 to 1: current value is 2`,
  ],
  [wrong({ faults: [{ kind: 'hang', times: 0 }] }), RangeError, `'faults[0].times' must be an integer from 1: current value is 0`],
  [wrong(null), TypeError, `'options' must be an object: current value is null`],
])('%#: wrong options are named with their place and value', async (options, type, sentence) => {
  const failed = startSimulator(options);
  await expect(failed).rejects.toThrow(type);
  await expect(failed).rejects.toThrow(`Cannot start the simulator as ${sentence}`);
});

test('a repeated secret is not in the message', async () => {
  const failed = startSimulator({ groups: [{ keys: ['sk-very-secret'] }, { keys: ['sk-very-secret'] }] });
  await expect(failed).rejects.toThrow(/^(?!.*sk-very-secret)Cannot start the simulator as 'groups\[1\]'/);
});

test('wrong arguments while it runs are named too', async () => {
  const simulator = await start();
  expect(() => simulator.fail({ kind: 'drip', everyMs: -1 })).toThrow(
    `Cannot plan the fault as 'everyMs' must be a number from 0: current value is -1`,
  );
  expect(() => simulator.fail(undefined as unknown as Fault)).toThrow(
    `Cannot plan the fault as 'fault' must be an object: current value is undefined`,
  );
  expect(() => simulator.key('nobody')).toThrow(
    `Cannot find the key as 'name' must be an id or a secret of the simulator: current value is 'nobody'`,
  );
  expect(() => simulator.group('nobody')).toThrow(`Cannot find the group as 'id' must be one of the simulator: current value is 'nobody'`);
  expect(() => simulator.key('sk-a').set('ill' as 'ok')).toThrow(`Cannot set the key as 'state' must be one of`);
  expect(() => simulator.bound({ durationMs: -1 })).toThrow(
    `Cannot work out the bound as 'durationMs' must be a number from 0: current value is -1`,
  );
});

import { describe, expect, it } from 'vitest';
import { KeysExhaustedError } from '../../../src/errors.ts';
import { failed, keyInput, limits, Rig, START } from '../rig.ts';

const one = { ...limits(), concurrency: 1 };
const MANY = 1200;
const ids = Array.from({ length: MANY }, (_, index) => `k${index}`);

function refusal(rig: Rig, more: Parameters<Rig['refused']>[0] = {}): KeysExhaustedError {
  const error = rig.refused({ waitUntil: START, ...more });
  if (error instanceof KeysExhaustedError) return error;
  throw error;
}

describe('a refusal by very many keys', () => {
  const rig = new Rig(ids.map((id) => keyInput(id, { limits: one })));
  for (const id of ids.slice(0, 1000)) rig.take({ keys: [id] }).settle(failed('key_invalid', { definitive: true, why: 'revoked' }));
  for (const id of ids.slice(1000, 1100))
    rig.take({ keys: [id] }).settle(failed('quota_exhausted', { until: { at: START + 90_000, source: 'body' }, why: 'no money' }));
  for (const id of ids.slice(1100)) rig.take({ keys: [id] });

  it('lists those that may serve first, and counts all', () => {
    const { keys, message } = refusal(rig);
    expect(keys).toHaveLength(500);
    expect(keys.slice(0, 100).map(({ state }) => state)).toEqual(ids.slice(1100).map(() => 'ready'));
    expect(keys.slice(100, 200).map(({ state, until }) => [state, until])).toEqual(
      ids.slice(1000, 1100).map(() => ['exhausted', START + 90_000]),
    );
    expect(keys[200]).toMatchObject({ id: 'k0', state: 'invalid' });
    expect(message).toContain('1000 invalid (revoked), 100 exhausted (quota_exhausted: no money), 100 ready (concurrency of 1)');
    expect(message).toContain('of its 1200 keys 500 are listed');
  });

  it('puts the keys that the call leaves out last', () => {
    const { keys } = refusal(rig, { keys: ['k1150'] });
    expect(keys[0]).toMatchObject({ id: 'k1150', reason: 'concurrency of 1' });
    expect(keys.filter(({ reason }) => reason === 'concurrency of 1')).toHaveLength(1);
  });
});

describe('refusals of one instant', () => {
  it('share the word on each key until something changes', () => {
    const rig = new Rig(['a', 'b'].map((id) => keyInput(id, { limits: one })));
    const leases = [rig.take(), rig.take()];
    const first = refusal(rig);
    expect(refusal(rig).keys).toBe(first.keys);
    expect(refusal(rig)).not.toBe(first);
    expect(refusal(rig, { model: 'o1' }).keys).not.toBe(first.keys);
    leases[0]?.settle(failed('key_invalid', { definitive: true, why: 'revoked' }));
    expect(
      refusal(rig)
        .keys.map(({ state }) => state)
        .toSorted(),
    ).toEqual(['invalid', 'ready']);
    rig.key('b').status = { status: 'disabled' };
    rig.pool.stir();
    expect(
      refusal(rig)
        .keys.map(({ state }) => state)
        .toSorted(),
    ).toEqual(['disabled', 'invalid']);
  });

  it('names every key of a pool of usual size', () => {
    const rig = new Rig(ids.slice(0, 500).map((id) => keyInput(id, { limits: one })));
    for (const id of ids.slice(0, 500)) rig.take({ keys: [id] });
    const { keys, message } = refusal(rig);
    expect(keys.map(({ id }) => id)).toEqual(ids.slice(0, 500));
    expect(message).not.toContain('listed');
  });
});

it('is one line, whatever the model is called', () => {
  const rig = new Rig([keyInput('a', { models: ['none'] })]);
  const { message, keys } = refusal(rig, { model: 'x\n2026 ERROR \u001b[2J\u202e' });
  expect(message).toContain('/x 2026 ERROR  [2J as no key can serve');
  expect(keys[0]?.reason).toBe("its 'models' leave out 'x 2026 ERROR  [2J'");
});

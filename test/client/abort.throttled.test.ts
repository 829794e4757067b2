import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Answer, Leased, Routed } from '../../src/call.ts';
import { Events } from '../../src/events.ts';
import { rotate } from '../../src/layers/rotate.ts';
import { createThrottle } from '../../src/layers/throttle.ts';
import { noLimits } from '../../src/options/limits.ts';
import { resolveKey } from '../../src/options/keys.ts';
import type { Ask } from '../../src/pool/ask.ts';
import type { Lease, Throttled } from '../../src/pool/lease.ts';
import { Pool } from '../../src/pool/pool.ts';
import { createManualClock } from '../../src/simulator/index.ts';
import { fakeRouted, fakeWhole } from '../support/fake-call.ts';
import { createDeferred, settledBeforeImmediate } from '../support/deferred.ts';
import { key } from '../support/world.ts';

/** A pool that counts no concurrency and no spacing over a throttle that does: so the queue is the throttle's. */
function stack(limits: Partial<Throttled>) {
  const clock = createManualClock();
  const pool = new Pool(clock, () => 0, new Events());
  pool.ring.add('openai', resolveKey(key('a'), 'key', { provider: 'openai', task: 'add the key', limits: noLimits }), clock.now());
  const throttle = createThrottle({ clock });
  const lease = (ask: Ask, deadline: Parameters<Pool['lease']>[1]): Promise<Lease> | Lease => {
    const leased = pool.lease(ask, deadline);
    if (leased instanceof Promise) return leased;
    const { keyId, credential, groupId, secret, why, waitedMs } = leased;
    return {
      keyId,
      credential,
      groupId,
      secret,
      why,
      waitedMs,
      siblings: () => leased.siblings(),
      throttled: { group: 'a', concurrency: undefined, minTimeMs: undefined, ...limits },
      sent: () => leased.sent(),
      heard: (...heard) => leased.heard(...heard),
      settle: (end) => leased.settle(end),
    };
  };
  const begun: Leased[] = [];
  const answer = createDeferred<Answer>();
  const transport = (call: Leased): Promise<Answer> => {
    begun.push(call);
    call.lease.sent();
    return answer.promise;
  };
  const send = rotate({ lease, estimates: pool.estimates }, { clock, maxRotations: 0, onAttempt: () => {} })(throttle.layer(transport));
  const call = (signal?: AbortSignal): Promise<Answer> => {
    const routed = fakeRouted({ clock, ...(signal === undefined ? {} : { signal }) });
    const protocol = { ...routed.target.provider.protocol, estimate: () => ({ input: 1, output: 1 }) };
    const target: Routed['target'] = { ...routed.target, provider: { ...routed.target.provider, protocol } };
    return send({ ...routed, target });
  };
  const inFlight = (): number | undefined => pool.ring.get('a')?.inFlight;
  return { clock, throttle, begun, call, answer, inFlight };
}

test.each([
  ['concurrency', { concurrency: 1 }],
  ['spacing', { minTimeMs: 500 }],
])('an abort of a call that Bottleneck holds back for %s settles at once: no slot, no lease, no timer is left', async (_name, limits) => {
  const { clock, throttle, begun, call, answer, inFlight } = stack(limits);
  const first = call();
  await turn();
  const controller = new AbortController();
  const queued = call(controller.signal);
  await turn();
  expect([begun.length, throttle.queued, inFlight()]).toEqual([1, 1, 2]);
  controller.abort('the caller left');
  expect(await settledBeforeImmediate(queued)).toEqual({ error: 'the caller left' });
  expect([throttle.queued, inFlight(), clock.pending]).toEqual([0, 1, 0]);
  answer.resolve(fakeWhole());
  await first;
  await clock.advance(500);
  expect([begun.length, throttle.running, inFlight(), clock.pending]).toEqual([1, 0, 0, 0]);
  await call();
  expect(begun).toHaveLength(2);
});

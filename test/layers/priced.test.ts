import { expect, test } from 'vitest';
import type { PartsAnswer } from '../../src/call.ts';
import { deadline } from '../../src/layers/deadline.ts';
import { priced } from '../../src/layers/priced.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { createDeferred } from '../support/deferred.ts';
import { fakeCall } from '../support/fake-call.ts';

/** An answer whose last byte was there before anybody read: a body that was looked through for an error. */
const OVER: PartsAnswer = {
  kind: 'parts',
  parts: (async function* () {})(),
  done: Promise.resolve({ status: 'complete' }),
  collected: () => {
    throw new TypeError('Not asked for');
  },
};

test('an answer that is over before the prices are here leaves no timer behind', async () => {
  const clock = createManualClock();
  const loaded = createDeferred();
  const send = priced({ ready: false, load: () => loaded.promise })(deadline()(() => Promise.resolve(OVER)));
  const answering = send(fakeCall({ clock, timeoutMs: 1000 }));
  await OVER.done;
  await clock.advance(1);
  loaded.resolve();
  expect(await answering).toBe(OVER);
  await clock.advance(1);
  expect(clock.pending).toBe(0);
});

import { expect, test } from 'vitest';
import type { PartsAnswer } from '../../src/call.ts';
import { deadline } from '../../src/layers/deadline.ts';
import { priced } from '../../src/layers/priced.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { createDeferred } from '../support/deferred.ts';
import { fakeCall, fakeRouted, fakeWhole, noteAttempt } from '../support/fake-call.ts';

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

/** A call whose answer is here, of which only the prices are missing. */
function setUp(signal?: AbortSignal) {
  const clock = createManualClock();
  const loaded = createDeferred();
  const call = fakeRouted({ clock, timeoutMs: 1000, ...(signal === undefined ? {} : { signal }) });
  const answer = fakeWhole();
  const answering = priced({ ready: false, load: () => loaded.promise })(
    deadline()(() => {
      noteAttempt(call, 'ok', { tokens: { input: 1, output: 1 } });
      return Promise.resolve(answer);
    }),
  )(call);
  return { clock, loaded, answer, answering, call };
}

test('an abort while only the prices are missing rejects with its reason, and leaves no timer behind', async () => {
  const controller = new AbortController();
  const { clock, loaded, answering } = setUp(controller.signal);
  await clock.advance(1);
  controller.abort('left');
  await expect(answering).rejects.toBe('left');
  expect(clock.pending).toBe(0);
  loaded.resolve();
  await clock.advance(1);
  expect(clock.pending).toBe(0);
});

test('a call whose time is over while only the prices are missing is answered, and takes the time that it took', async () => {
  const { clock, answer, answering, call } = setUp();
  const answeredAt = clock.now();
  await clock.advance(1000);
  expect(await answering).toBe(answer);
  expect(call.trace.endedAt).toBe(answeredAt);
  expect(clock.pending).toBe(0);
});

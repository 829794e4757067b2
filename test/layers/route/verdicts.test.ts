import { expect, test } from 'vitest';
import { DeadlineError, KeysExhaustedError, OutputError } from '../../../src/errors.ts';
import { toHealth, toHealthAtDeadline } from '../../../src/layers/route/verdicts.ts';
import type { AttemptReport } from '../../../src/report.ts';
import { fakeFailure } from '../../support/fake-call.ts';

test.each<readonly [string, unknown, string]>([
  ['an answer that the model refused', new OutputError('Cannot use the answer', { issues: [], text: '' }), 'well'],
  ['an answer that nobody can use', fakeFailure('bad_output'), 'well'],
  ['a refused request', fakeFailure('bad_request'), 'well'],
  ['a request that was refused here', fakeFailure('bad_request', { reached: false }), 'nothing'],
  ['a refused key', fakeFailure('key_invalid'), 'nothing'],
  ['no key', new KeysExhaustedError('Cannot', { retryAt: undefined, keys: [] }), 'nothing'],
  ['a bug', new TypeError('x is not a function'), 'nothing'],
  ['an upstream that is limited', fakeFailure('rate_limited', { scope: 'route' }), 'nothing'],
  ['an overload', fakeFailure('overloaded'), 'sick'],
])('%s', (_name, error, health) => {
  expect(toHealth(error)).toBe(health);
});

const SILENT: AttemptReport = {
  provider: 'openai',
  model: 'gpt',
  key: 'k',
  group: 'g',
  startedAt: 0,
  durationMs: 1_000,
  waitedMs: 0,
  class: 'aborted',
  why: 'the only key',
};

test.each<readonly [string, unknown, AttemptReport | undefined, string]>([
  ["the caller's time ended during a silent attempt", new DeadlineError('Cannot wait'), SILENT, 'sick'],
  ['it was too short to tell', new DeadlineError('Cannot wait'), { ...SILENT, durationMs: 999 }, 'nothing'],
  ['no attempt was out: it waited for a key', new DeadlineError('Cannot wait'), undefined, 'nothing'],
  ['the attempt had answered', new DeadlineError('Cannot wait'), { ...SILENT, status: 200 }, 'nothing'],
  ['the last attempt had failed', new DeadlineError('Cannot wait'), { ...SILENT, class: 'server_error' }, 'nothing'],
  ['the caller left', new Error('never mind'), SILENT, 'nothing'],
])('at the end of a call: %s', (_name, reason, last, health) => {
  expect(toHealthAtDeadline(reason, last)).toBe(health);
});

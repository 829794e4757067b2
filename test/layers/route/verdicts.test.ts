import { expect, test } from 'vitest';
import { KeysExhaustedError, OutputError } from '../../../src/errors.ts';
import { toHealth } from '../../../src/layers/route/verdicts.ts';
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

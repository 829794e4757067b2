import { expect, test } from 'vitest';
import { classify } from '../../../src/providers/anthropic/classify.ts';
import { aProvider, failureOf } from '../support.ts';

const NOW = Date.UTC(2026, 6, 1, 12);

test.each([
  [429, 'rate_limit_error', 'Extra usage is required for long context requests.', 'request_too_large request'],
  [429, 'rate_limit_error', 'Extra usage is required for 1M context.', 'request_too_large request'],
  [400, 'invalid_request_error', 'The long context beta is not yet available for this subscription.', 'request_too_large request'],
  [429, 'rate_limit_error', "This request would exceed your organization's rate limit for long context requests", 'rate_limited group'],
  [
    400,
    'invalid_request_error',
    'This credential is only authorized for use with Claude Code and cannot be used for other API requests.',
    'key_forbidden key',
  ],
] as const)('a %i %s "%s" is %s', (status, type, message, means) => {
  const verdict = classify(failureOf(status, { type: 'error', error: { type, message } }), aProvider({ name: 'anthropic' }), NOW);
  expect([`${verdict.class} ${verdict.scope}`, verdict.until]).toEqual([means, undefined]);
});

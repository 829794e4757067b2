import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/providers/openai/classify.ts';
import { dialects } from '../../../src/providers/openai/dialects.ts';
import { aProvider, failureOf } from '../support.ts';

const NOW = Date.UTC(2026, 6, 1, 12);

describe('the numbers of Zhipu mean more than their statuses', () => {
  test.each([
    [401, '1000', 'key_invalid key', false],
    [401, '1002', 'key_invalid key', true],
    [401, '1003', 'key_invalid key', true],
    [429, '1110', 'key_forbidden group', false],
    [429, '1112', 'key_invalid key', true],
    [429, '1113', 'quota_exhausted org', false],
    [429, '1121', 'key_invalid key', true],
    [400, '1210', 'bad_request request', false],
    [400, '1211', 'model_unavailable group', false],
    [403, '1220', 'key_forbidden key', false],
    [500, '1234', 'server_error provider', false],
    [400, '1261', 'context_length request', false],
    [400, '1301', 'content_filtered request', false],
    [429, '1302', 'rate_limited group', false],
    [429, '1303', 'rate_limited group', false],
    [429, '1304', 'quota_exhausted group', false],
    [429, '1305', 'overloaded route', false],
    [429, '1308', 'quota_exhausted group', false],
    [429, '1309', 'quota_exhausted org', false],
    [429, '1310', 'quota_exhausted group', false],
    [429, '1311', 'model_unavailable group', false],
    [429, '1312', 'overloaded route', false],
  ] as const)('a %i %s is %s', (status, code, means, dead) => {
    const verdict = classify(failureOf(status, { error: { code, message: '?' } }), aProvider({ name: 'zai' }), NOW, dialects.zai);
    expect([`${verdict.class} ${verdict.scope}`, verdict.definitive]).toEqual([means, dead]);
  });

  test('a filtered prompt tells which message it was', () => {
    const body = { contentFilter: [{ level: 1, role: 'user' }], error: { code: '1301', message: '敏感内容' } };
    const verdict = classify(failureOf(400, body), aProvider({ name: 'zai' }), NOW, dialects.zai);
    expect(verdict).toMatchObject({ class: 'content_filtered', scope: 'request', body });
  });
});

import { expect, test } from 'vitest';
import { knownProviders, protocols, toAccountHeaders } from '../../src/providers/known.ts';

test('knownProviders are complete rows', () => {
  for (const [name, row] of Object.entries(knownProviders)) {
    expect(Object.hasOwn(protocols, row.protocol), name).toBe(true);
    expect(row.baseURL, name).toMatch(/^https?:\/\/.*[^/]$/);
    for (const stem of [...row.env.keys, ...row.env.baseURL]) expect(stem, name).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(row.keyless, name).toBe(new URL(row.baseURL).hostname === '127.0.0.1');
  }
});

test('knownProviders know nothing of what every object has', () => {
  expect([knownProviders['constructor'], knownProviders['toString'], knownProviders['__proto__']]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('toAccountHeaders names organisation and project', () => {
  expect(toAccountHeaders('openai', { organization: 'org-1', project: 'proj_1' })).toEqual({
    'openai-organization': 'org-1',
    'openai-project': 'proj_1',
  });
  expect(toAccountHeaders('openai', {})).toEqual({});
});

import { expect, test } from 'vitest';
import { isCurrent, toProvidersTable, withTable } from '../../scripts/providers-table.ts';
import { knownProviders } from '../../src/providers/known.ts';

const README = '# x\n\n<!-- providers:begin -->\nold\n<!-- providers:end -->\n\nmore\n';

test('the table has a row for each known provider', () => {
  const lines = toProvidersTable().split('\n');
  expect(lines.slice(2).map((line) => /^\| `([a-z]+)` \|/.exec(line)?.[1])).toEqual(Object.keys(knownProviders));
  expect(new Set(lines.map((line) => line.split('|').length)).size).toBe(1);
});

test('it stands between its markers, whatever a formatter makes of its cells', () => {
  expect(isCurrent(README)).toBe(false);
  const written = withTable(README);
  expect(written).toContain('# x\n\n<!-- providers:begin -->\n\n| provider | protocol |');
  expect(written?.endsWith('<!-- providers:end -->\n\nmore\n')).toBe(true);
  expect(isCurrent(written ?? '')).toBe(true);
  expect(isCurrent((written ?? '').replaceAll(' | ', '    |  ').replaceAll('---', '-------'))).toBe(true);
  expect([withTable('no markers'), isCurrent('no markers')]).toEqual([undefined, false]);
});

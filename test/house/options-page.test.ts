import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { ROOT } from './sources.ts';

const page = readFileSync(join(ROOT, 'docs/options.md'), 'utf8');

/** The fields of an interface of options. */
function fieldsOf(file: string, name: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2023, true);
  const found = source.statements.find(
    (node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name,
  );
  return found?.members.flatMap((member) => (member.name === undefined ? [] : [member.name.getText(source)])) ?? [];
}

test.each([
  ['src/options/types.ts', 'ClientOptions'],
  ['src/options/types.ts', 'ProviderOptions'],
  ['src/options/types.ts', 'KeyOptions'],
  ['src/options/types.ts', 'LimitOptions'],
  ['src/options/types.ts', 'CacheOptions'],
  ['src/options/types.ts', 'RetryOptions'],
  ['src/options/types.ts', 'CallOptions'],
  ['src/options/budgets.ts', 'BudgetOptions'],
  ['src/options/budgets.ts', 'BudgetsOptions'],
  ['src/options/log.ts', 'LogOptions'],
  ['src/options/log.ts', 'LogFileOptions'],
  ['src/options/alerts.ts', 'AlertOptions'],
  ['src/options/prices.ts', 'ModelPrice'],
])('docs/options.md names every option of %s %s', (file, name) => {
  const fields = fieldsOf(file, name);
  expect(fields.length).toBeGreaterThan(0);
  expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(page))).toEqual([]);
});

test('docs/options.md names every error and its code', () => {
  const errors = readFileSync(join(ROOT, 'src/errors.ts'), 'utf8');
  const named = [...errors.matchAll(/class (\w+Error) extends KeywheelError/g)].map(([, name]) => name ?? '');
  const codes = [...errors.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => code ?? '');
  expect(named.length).toBeGreaterThan(8);
  expect([...named, ...codes].filter((word) => !page.includes(word))).toEqual([]);
});

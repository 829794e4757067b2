import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isCurrent } from '../../scripts/providers-table.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { runProgram } from '../support/program.ts';
import { findRunBlocks } from './readme.ts';
import { ROOT } from './sources.ts';

const README = join(ROOT, 'README.md');
const readme = existsSync(README) ? readFileSync(README, 'utf8') : undefined;
const blocks = findRunBlocks(readme ?? '');

const KEYS = ['sk-readme-key-number-one', 'sk-readme-key-number-two'];

describe.skipIf(readme === undefined)(`README.md${readme === undefined ? ' (skipped: there is none yet)' : ''}`, () => {
  test('has code that promises to run: a ```ts block after <!-- run -->', () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  test('has no promise without its block', () => {
    expect(readme?.match(/<!-- run -->/g) ?? []).toHaveLength(blocks.length);
  });

  test('has fewer than 300 lines', () => {
    expect(readme?.split('\n').length).toBeLessThan(300);
  });

  test.each(blocks)('runs the code of line $line', async ({ code }) => {
    const simulator = await startSimulator({ groups: KEYS.map((key) => ({ keys: [key] })) });
    onTestFinished(() => simulator.close());
    const file = writeProgram(code);
    const ran = await runProgram(file, { OPENAI_API_KEYS: KEYS.join(','), OPENAI_BASE_URL: simulator.baseURL });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
  });

  test('has code whose types hold', () => {
    const files = blocks.map(({ code }) => writeProgram(code));
    expect(findTypeErrors(files)).toEqual([]);
  });
});

test('docs/providers.md tells of each known provider what the code knows: `npx tsx scripts/providers-table.ts --write`', () => {
  expect(isCurrent(readFileSync(join(ROOT, 'docs/providers.md'), 'utf8'))).toBe(true);
});

describe('findRunBlocks', () => {
  test('takes the blocks that follow the comment, and no others', () => {
    const markdown = [
      '# A',
      '```ts',
      'no',
      '```',
      '<!-- run -->',
      '',
      '```ts',
      'one();',
      '',
      'two();',
      '```',
      '<!-- run -->',
      '```sh',
      'no',
      '```',
      '```ts',
      'no',
      '```',
    ];
    expect(findRunBlocks(markdown.join('\n'))).toEqual([{ line: 5, code: 'one();\n\ntwo();\n' }]);
  });
});

/** Inside the repository, so that imports resolve as they do for the examples; git, lint and format ignore the folder. */
function writeProgram(code: string): string {
  mkdirSync(join(ROOT, '.tmp'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.tmp', 'readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'block.ts');
  writeFileSync(file, code);
  return file;
}

function findTypeErrors(files: readonly string[]): readonly string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { readonly config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, ROOT);
  // A reader's first example may name what it does not use.
  const program = ts.createProgram(files, { ...options, noUnusedLocals: false });
  return ts.getPreEmitDiagnostics(program).map((found) => ts.flattenDiagnosticMessageText(found.messageText, '\n'));
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSimulator } from '../../src/simulator/index.ts';
import { runProgram } from '../support/program.ts';
import { readSources, ROOT } from './sources.ts';

/** The demo runs by itself (`npm run demo`, a step of `npm run check`): it takes its twenty seconds. */
const examples = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.ts') && name !== 'demo.ts');

const SCRIPTED = ['tools.ts', 'structured-output.ts', 'fallback.ts'];

const KEYS = ['sk-example-key-number-one', 'sk-example-key-number-two', 'sk-example-key-number-three'];

describe('the examples', () => {
  let simulator: Awaited<ReturnType<typeof startSimulator>>;

  beforeAll(async () => {
    simulator = await startSimulator({ groups: KEYS.map((key) => ({ keys: [key] })) });
  });
  afterAll(() => simulator.close());

  test.concurrent.each(examples)('%s runs to its end against the simulator', async (name) => {
    // Some need certain answers, which only their own simulator gives.
    const env = SCRIPTED.includes(name) ? {} : { OPENAI_API_KEYS: KEYS.join(','), OPENAI_BASE_URL: simulator.baseURL };
    const ran = await runProgram(join('examples', name), env);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout.trim()).not.toBe('');
    for (const key of KEYS) expect(ran.stdout).not.toContain(key);
  });
});

describe('each example', () => {
  test('is one of six or more', () => {
    expect(examples.length).toBeGreaterThanOrEqual(6);
  });

  test.each(examples)('%s has 10 to 40 lines, without comments and blank lines', (name) => {
    const source = readSources('examples').find(({ path }) => path === `examples/${name}`);
    const lines = (source?.tree.text ?? '').split('\n').filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line));
    expect(lines.length).toBeGreaterThanOrEqual(8);
    expect(lines.length).toBeLessThanOrEqual(40);
  });

  test('imports keywheel as users do', () => {
    const relative = readSources('examples').flatMap(({ path, imports }) =>
      imports.flatMap(({ file }) => (file?.startsWith('src/') ? [`${path} imports ${file}`] : [])),
    );
    expect(relative).toEqual([]);
  });
});

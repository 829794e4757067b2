import { readFileSync, readdirSync } from 'node:fs';
import { startSimulator } from 'keywheel/simulator';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../support/program.ts';
import { reply, SAID } from './sdks/answers.ts';

const FOLDER = new URL('../../examples/sdks/', import.meta.url);
const SPENT = 'sk-example-key-number-one';
const GOOD = 'sk-example-key-number-two';

/** Whose variables each reads, what it prints, and how many requests it makes: one more where one met the spent key first, which is chance. */
const EXAMPLES = [
  ['openai.ts', 'openai', [`${SAID.text}\n${SAID.text}`, '2 embeddings', /^400 400 Invalid 'messages'/m], 4],
  ['anthropic.ts', 'anthropic', [SAID.text, /\(claude-haiku-4-5: \d attempts, tags \{"feature":"sky"\}\)/, /^\d+ tokens$/m], 2],
  ['google.ts', 'google', ['temperature({"city":"Lisbon"}) -> 24 degrees in Lisbon', SAID.afterTool, /^google-\w+: \d attempts/m], 2],
  ['langchain.ts', 'openai', [`${SAID.text}\n${SAID.text}`, "{ city: 'Lisbon', degrees: 24 }", '2 embeddings'], 4],
  ['agents.ts', 'openai', ['temperature of Lisbon', SAID.afterTool, /^\(answered with openai-\w+\)$/m], 2],
] as const;

const PREFIXES = { openai: 'OPENAI', anthropic: 'ANTHROPIC', google: 'GEMINI' } as const;

/** Each starts a process that compiles and loads an SDK. */
const PATIENCE_MS = 55_000;

describe('the examples of SDKs', () => {
  test('are all run here', () => {
    const scripts = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && name !== 'provider.ts' && name !== 'ai-sdk.ts');
    expect(scripts.toSorted()).toEqual(EXAMPLES.map(([name]) => name).toSorted());
  });

  test.concurrent.each(EXAMPLES)('%s runs over a pool with a spent key', async (name, provider, prints, requests) => {
    await using simulator = await startSimulator({
      groups: [{ keys: [{ secret: SPENT, state: 'spent' }] }, { keys: [GOOD] }],
      reply,
    });
    const prefix = PREFIXES[provider];
    const variables = { [`${prefix}_API_KEYS`]: `${SPENT},${GOOD}`, [`${prefix}_BASE_URL`]: simulator.baseURLs[provider] };
    const ran = await runProgram(`examples/sdks/${name}`, variables, PATIENCE_MS);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    // What it tells of attempts comes in between, where one failed.
    const printed = ran.stdout.replaceAll(/^\(.+: \w+\)\n/gm, '');
    for (const text of prints) expect(printed).toMatch(text);
    for (const key of [SPENT, GOOD]) expect(ran.stdout).not.toContain(key);
    const good = simulator.key(GOOD).stats().received;
    const spent = simulator.key(SPENT).stats().received;
    expect(spent).toBeLessThanOrEqual(1);
    expect([requests, requests + spent]).toContain(good + spent);
  });

  test('openai.ts runs without any key, on a simulator of its own', async () => {
    const ran = await runProgram('examples/sdks/openai.ts', {}, PATIENCE_MS);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('No OPENAI_API_KEY is set');
    expect(ran.stdout).toMatch(/^2 embeddings$/m);
  });

  test.each(EXAMPLES)('%s has 10 to 40 lines, without comments and blank lines', (name) => {
    const lines = readFileSync(new URL(name, FOLDER), 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line));
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(lines.length).toBeLessThanOrEqual(40);
  });
});

import { startSimulator } from 'keywheel/simulator';
import { expect, test } from 'vitest';
import { runProgram } from '../support/program.ts';
import { reply } from './sdks/answers.ts';

const EXAMPLE = 'examples/sdks/ai-sdk.ts';
const KEYS = ['sk-example-key-number-one', 'sk-example-key-number-two'];
const PRINTS = [/\(key openai-\w+, \d attempts\)/, '2 steps: ', "{ city: 'Lisbon', degrees: 24 }", '2 embeddings'];

test('the example of the AI SDK runs over a pool with a spent key', async () => {
  await using simulator = await startSimulator({
    groups: KEYS.map((secret, index) => ({ keys: [{ secret, state: index === 0 ? ('spent' as const) : ('ok' as const) }] })),
    reply,
  });
  const ran = await runProgram(EXAMPLE, { OPENAI_API_KEYS: KEYS.join(','), OPENAI_BASE_URL: simulator.baseURL });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  for (const text of PRINTS) expect(ran.stdout).toMatch(text);
  for (const key of KEYS) expect(ran.stdout).not.toContain(key);
});

test('it runs without any key, on a simulator of its own', async () => {
  const ran = await runProgram(EXAMPLE, {});
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toContain('No OPENAI_API_KEY is set');
  for (const text of PRINTS) expect(ran.stdout).toMatch(text);
});

import { expect, test } from 'vitest';
import { sent } from './support.ts';

test('options that are merged into ours cannot change what an object is', () => {
  const google = JSON.parse(
    '{"generationConfig":{"__proto__":{"a":1},"constructor":1,"topK":2},"toolConfig":{"__proto__":{"a":1}}}',
  ) as Record<string, unknown>;
  const { body } = sent({ temperature: 0.5, providerOptions: { google } });
  expect(body).toMatchObject({ generationConfig: { temperature: 0.5, topK: 2 } });
  expect(JSON.stringify(body)).not.toMatch(/__proto__|constructor/);
});

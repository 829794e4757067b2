/** Structured output: the answer fits a schema, or is asked for again. A zod or arktype schema goes in the place of this one. */
import { createClient, OutputError } from 'keywheel';
import { openProvider } from './support/provider.ts';

interface Recipe {
  readonly name: string;
  readonly minutes: number;
}

const recipe = {
  jsonSchema: {
    title: 'recipe',
    type: 'object',
    properties: { name: { type: 'string' }, minutes: { type: 'integer' } },
    required: ['name', 'minutes'],
  },
  validate(value: unknown): Recipe {
    const { name, minutes } = value as Partial<Recipe>;
    if (typeof name !== 'string' || typeof minutes !== 'number') throw new TypeError('a recipe has a name and minutes');
    return { name, minutes };
  },
};

// The simulated model forgets the minutes at first.
await using provider = await openProvider(({ number }) => (number === 1 ? '{"name":"Pancakes"}' : '{"name":"Pancakes","minutes":20}'));
await using client = createClient({ env: provider.env, retry: { invalidOutput: 2 } });
try {
  const messages = [{ role: 'user', content: 'A recipe that a child can cook, please.' }] as const;
  const { parsed, report } = await client.chat({ model: 'openai/gpt-4o-mini', messages, schema: recipe });
  console.log(`${parsed.name}: ${parsed.minutes} minutes`);
  console.log(report.attempts.map((attempt) => `${attempt.class}: ${attempt.why}`).join('\n'));
} catch (error) {
  if (!(error instanceof OutputError)) throw error;
  console.log(error.message, error.issues);
}

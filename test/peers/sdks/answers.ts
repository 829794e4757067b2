import type { ReplyFunction } from 'keywheel/simulator';

/** What the simulated models say in these suites. */
export const SAID = {
  text: 'the wheel turns, größer als ✓',
  pieces: ['the ', 'whee', 'l tu', 'rns,', ' grö', 'ßer ', 'als ', '✓'],
  afterTool: 'Warm enough for a T-shirt.',
  weather: { city: 'Lisbon', degrees: 24 },
};

/** A model that looks the temperature up where it can, before it answers. */
export const reply: ReplyFunction = ({ body }) => {
  const asked = JSON.stringify(body);
  if (asked.includes('24 degrees in Lisbon')) return SAID.afterTool;
  // Signed thoughts must come back as they were.
  if (body['tools'] !== undefined)
    return { reasoning: 'A look first.', toolCalls: [{ name: 'temperature', arguments: '{"city":"Lisbon"}' }] };
  return /as JSON|json_schema/.test(asked) ? JSON.stringify(SAID.weather) : SAID.text;
};

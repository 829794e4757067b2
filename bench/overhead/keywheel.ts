/** The built package, as users configure it. */
import { pathToFileURL } from 'node:url';
import type * as Keywheel from '../../src/index.ts';
import type { ClientOptions, LimitOptions } from '../../src/index.ts';
import type { OpenSut } from './sut.ts';
import { MODEL, QUESTION } from './traffic.ts';

interface Shape {
  readonly keys: number;
  readonly limits?: LimitOptions;
  readonly cache?: boolean;
  /** Answers with the headers of a quota. */
  readonly told?: boolean;
  /** The other build. */
  readonly against?: boolean;
}

export const openKeywheel =
  ({ keys, limits, cache = false, told = false, against = false }: Shape): OpenSut =>
  async (surroundings) => {
    const folder = against ? surroundings.against : surroundings.dist;
    // What is built has the types of its sources.
    const { createClient } = (await import(pathToFileURL(`${folder}/index.js`).href)) as typeof Keywheel;
    const options: ClientOptions = {
      providers: {
        openai: {
          baseURL: `${surroundings.origin}${told ? '/told' : ''}/v1`,
          keys: [...Array(keys).keys()].map((index) => `sk-bench-${index}`),
          ...(limits === undefined ? {} : { limits }),
        },
      },
      cache,
      env: {},
    };
    const client = createClient(options);
    const model = `openai/${MODEL}`;
    return {
      call: () => client.chat({ model, messages: [{ role: 'user', content: QUESTION }] }),
      stream: async () => {
        let chunks = 0;
        const stream = await client.chat({ model, messages: [{ role: 'user', content: QUESTION }], stream: true });
        for await (const _ of stream) chunks += 1;
        return chunks;
      },
    };
  };

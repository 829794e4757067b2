/** The built package, as users configure it. */
import type { ClientOptions, LimitOptions } from '../../src/index.ts';
import { loadKeywheel } from './build.ts';
import { begun, count, type OpenSut } from './sut.ts';
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
    const { createClient } = await loadKeywheel(against ? surroundings.against : surroundings.dist);
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
    const request = { model: `openai/${MODEL}`, messages: [{ role: 'user', content: QUESTION }] } as const;
    return {
      call: () => client.chat({ ...request }),
      stream: async () => count(await client.chat({ ...request, stream: true })),
      hold: async () => begun(await client.chat({ ...request, stream: true })),
    };
  };

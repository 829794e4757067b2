/** The yardstick: undici as a careful person would use it by hand, and a parser of events by its own. */
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';
import { REQUEST } from './traffic.ts';
import type { OpenSut } from './sut.ts';

const HEADERS = { authorization: 'Bearer sk-bench-0', 'content-type': 'application/json' } as const;

export const openBare: OpenSut = async ({ origin }) => {
  const dispatcher = new Agent();
  const url = `${origin}/v1/chat/completions`;
  return {
    call: async () => {
      const { body } = await request(url, { method: 'POST', headers: HEADERS, body: JSON.stringify(REQUEST), dispatcher });
      return JSON.parse(await body.text()) as unknown;
    },
    stream: async () => {
      const { body } = await request(url, {
        method: 'POST',
        headers: HEADERS,
        body: JSON.stringify({ ...REQUEST, stream: true }),
        dispatcher,
      });
      let chunks = 0;
      const parser = createParser({
        onEvent: ({ data }) => {
          if (data === '[DONE]') return;
          JSON.parse(data);
          chunks += 1;
        },
      });
      const decoder = new TextDecoder();
      for await (const bytes of body) parser.feed(decoder.decode(bytes as Buffer, { stream: true }));
      return chunks;
    },
  };
};

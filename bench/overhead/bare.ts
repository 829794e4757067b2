/** The yardstick: undici as a careful person would use it by hand, and a parser of events by its own. */
import type * as Parsing from 'eventsource-parser';
import type * as Undici from 'undici';
import { loadOwn } from './build.ts';
import { begun, type OpenSut } from './sut.ts';
import { REQUEST } from './traffic.ts';

const HEADERS = { authorization: 'Bearer sk-bench-0', 'content-type': 'application/json' } as const;

export const openBare: OpenSut = async ({ origin, dist }) => {
  const { Agent, request } = await loadOwn<typeof Undici>(dist, 'undici');
  const { createParser } = await loadOwn<typeof Parsing>(dist, 'eventsource-parser');
  const dispatcher = new Agent();
  const url = `${origin}/v1/chat/completions`;
  const toParser = (onChunk: () => void): Parsing.EventSourceParser =>
    createParser({
      onEvent: ({ data }) => {
        if (data === '[DONE]') return;
        JSON.parse(data);
        onChunk();
      },
    });
  const openStream = async (): Promise<AsyncIterable<unknown>> => {
    const { body } = await request(url, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify({ ...REQUEST, stream: true }),
      dispatcher,
    });
    return body;
  };
  return {
    call: async () => {
      const { body } = await request(url, { method: 'POST', headers: HEADERS, body: JSON.stringify(REQUEST), dispatcher });
      return JSON.parse(await body.text()) as unknown;
    },
    stream: async () => {
      let chunks = 0;
      const parser = toParser(() => (chunks += 1));
      const decoder = new TextDecoder();
      // A body of undici gives buffers.
      for await (const bytes of await openStream()) parser.feed(decoder.decode(bytes as Buffer, { stream: true }));
      return chunks;
    },
    hold: async () => ({ parser: toParser(() => {}), reader: await begun(await openStream()) }),
  };
};

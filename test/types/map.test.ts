import { expectTypeOf, test } from 'vitest';
import type { ChatReply, Client, MapProgress, MapResult, ParsedReply, ValidatedJsonSchema } from '../../src/index.ts';

// Nothing here runs: `npm run types` checks it, and vitest only shows that the file loads.
declare const client: Client;
declare const schema: ValidatedJsonSchema<{ readonly name: string }>;
const never = (unrun: () => unknown): void => void unrun.name;

test('a result has the item and the reply that chat would give', () => {
  never(async () => {
    const plain = client.map([1, 2], (item, index) => {
      expectTypeOf(item).toEqualTypeOf<number>();
      expectTypeOf(index).toEqualTypeOf<number>();
      return { model: 'm', messages: [{ role: 'user', content: String(item) }] };
    });
    for await (const result of plain) {
      expectTypeOf(result).toEqualTypeOf<MapResult<number, ChatReply>>();
      if (result.reply === undefined) expectTypeOf(result.error).toEqualTypeOf<unknown>();
      else expectTypeOf(result.reply).toEqualTypeOf<ChatReply>();
      const { item, reply } = result;
      if (reply !== undefined) expectTypeOf(reply).toEqualTypeOf<ChatReply>();
      expectTypeOf(item).toEqualTypeOf<number>();
    }
  });
});

test('with a schema the reply is parsed, also of a promised request', () => {
  never(async () => {
    const map = client.map(new Set(['a']), async (item) => ({ model: 'm', messages: [{ role: 'user', content: item }], schema }));
    for await (const { reply } of map) {
      if (reply !== undefined) expectTypeOf(reply).toEqualTypeOf<ParsedReply<{ readonly name: string }>>();
    }
  });
});

test('options know the item', () => {
  never(() =>
    client.map([{ name: 'a' }], ({ name }) => ({ model: 'm', messages: [{ role: 'user', content: name }] }), {
      resume: { file: 'x', id: (item, index) => `${item.name}${index}` },
      callOptions: (item) => ({ tenant: item.name }),
      onProgress: (progress) => expectTypeOf(progress).toEqualTypeOf<MapProgress>(),
    }),
  );
});

test('streams, signals of single calls, unknown options and texts as items are refused', () => {
  never(() => [
    // @ts-expect-error: a map answers with whole replies
    client.map([1], () => ({ model: 'm', messages: [], stream: true })),
    // @ts-expect-error: the signal is the map's
    client.map([1], () => ({ model: 'm', messages: [] }), { callOptions: { signal: AbortSignal.abort() } }),
    // @ts-expect-error: unknown
    client.map([1], () => ({ model: 'm', messages: [] }), { parallel: 5 }),
    // @ts-expect-error: no items
    client.map(5, () => ({ model: 'm', messages: [] })),
  ]);
});

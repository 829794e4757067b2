import { SignalHub } from '../../src/abort.ts';
import type { ChatReply } from '../../src/chat/reply.ts';
import type { WholeRequest } from '../../src/map/answering.ts';
import { Mapping } from '../../src/map/mapping.ts';
import type { MapResult } from '../../src/map/result.ts';
import type { Items } from '../../src/map/source.ts';
import { type MapOptions, resolveMap } from '../../src/options/map.ts';
import type { CallOptions } from '../../src/options/types.ts';
import { createManualClock, type ManualClock } from '../../src/simulator/manual-clock.ts';

export function requestOf(text: string): WholeRequest {
  return { model: 'openai/gpt', messages: [{ role: 'user', content: text }] };
}

export function replyOf(text: string, more: Readonly<Record<string, unknown>> = {}): ChatReply {
  const completion = {
    id: `chatcmpl-${text}`,
    object: 'chat.completion',
    created: 1,
    model: 'gpt',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    ...more,
  } as const;
  const report = {
    id: 'call-1',
    operation: 'chat',
    requested: 'openai/gpt',
    stream: false,
    provider: 'openai',
    model: 'gpt',
    key: 'k',
    cache: 'off',
    attempts: [],
    waitedMs: 0,
    durationMs: 1,
    tags: {},
  } as const;
  return { ...completion, text, report, raw: completion };
}

/** One call that a map made. */
export interface Asked {
  readonly text: string;
  readonly options: CallOptions;
  answer(reply?: ChatReply): void;
  fail(error: unknown): void;
}

/** A client that answers when the test says so, and ends a call with its signal as the true one does. */
export class FakeClient {
  readonly clock: ManualClock = createManualClock();
  /** Calls under way, in the order they came. */
  readonly asked: Asked[] = [];
  readonly hub = new SignalHub();
  calls = 0;
  most = 0;
  /** Answers by itself when it is set. */
  reply: ((text: string) => ChatReply | Promise<ChatReply>) | undefined;

  readonly ask = async (request: WholeRequest, options: CallOptions): Promise<ChatReply> => {
    const text = textOf(request);
    this.calls += 1;
    options.signal?.throwIfAborted();
    if (this.reply !== undefined) return this.reply(text);
    return await new Promise<ChatReply>((resolve, reject) => {
      const leave = (): void => void this.asked.splice(this.asked.indexOf(asked), 1);
      const asked: Asked = {
        text,
        options,
        answer: (reply = replyOf(text)) => {
          leave();
          resolve(reply);
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      if (options.signal !== undefined) this.hub.listen(options.signal, (reason) => asked.fail(reason));
      this.asked.push(asked);
      this.most = Math.max(this.most, this.asked.length);
    });
  };

  map<Item>(
    items: Items<Item>,
    options: MapOptions<Item> = {},
    toRequest?: (item: Item, index: number) => WholeRequest | Promise<WholeRequest>,
  ) {
    return new Mapping(items, toRequest ?? ((item) => requestOf(String(item))), resolveMap(options, 600_000), this);
  }

  /** The call of this text, which must be under way. */
  call(text: string): Asked {
    const found = this.asked.find((asked) => asked.text === text);
    if (found === undefined) throw new Error(`Cannot find the call of '${text}' among ${this.asked.map((asked) => asked.text).join()}`);
    return found;
  }
}

function textOf(request: WholeRequest): string {
  const content = request.messages[0]?.content;
  return typeof content === 'string' ? content : '';
}

/** `0 a`, `1 !Error: why`. */
export function show(result: MapResult<unknown, ChatReply> | undefined): string {
  if (result === undefined) return 'end';
  const { index, reply, error, resumed } = result;
  if (reply === undefined) return `${index} !${String(error)}`;
  return `${index} ${reply.text}${resumed === true ? ' again' : ''}`;
}

export async function readAllOf(results: AsyncIterable<MapResult<unknown, ChatReply>>): Promise<readonly string[]> {
  const shown: string[] = [];
  for await (const result of results) shown.push(show(result));
  return shown;
}

/** Lets promises and file operations that are ready run. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

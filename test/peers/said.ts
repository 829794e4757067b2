import type { ChatReply } from 'keywheel';

/** What an answer said, in words that every client has. */
export interface Said {
  readonly text: string;
  readonly tools: readonly { readonly name: string; readonly args: unknown }[];
  readonly finish: string;
  /** `undefined`: not told. */
  readonly usage: { readonly input: number | undefined; readonly output: number | undefined };
}

/** What keywheel says it said; `counts` names a field of the usage with other numbers. */
export function saidBy(reply: ChatReply, counts?: string): Said {
  const [choice] = reply.choices;
  const counted = counts === undefined ? undefined : (reply.usage?.[counts] as Readonly<Record<string, number>> | undefined);
  return {
    text: reply.text,
    tools: (choice?.message.tool_calls ?? []).map((call) => ({ name: call.function.name, args: parse(call.function.arguments) })),
    finish: String(choice?.finish_reason),
    usage:
      counts === undefined
        ? { input: reply.usage?.prompt_tokens, output: reply.usage?.completion_tokens }
        : { input: counted?.['input_tokens'], output: counted?.['output_tokens'] },
  };
}

/** No arguments at all are an empty object for every client. */
export function parse(text: string): unknown {
  return text.trim() === '' ? {} : (JSON.parse(text) as unknown);
}

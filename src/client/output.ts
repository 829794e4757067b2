import type { Call } from '../call.ts';
import type { Asked } from '../chat/asked.ts';
import { Output } from '../chat/output.ts';
import type { ChatCompletion } from '../chat/reply.ts';
import type { ChatRequest, ChatTool } from '../chat/request.ts';
import { toResponseFormat } from '../chat/response-format.ts';
import type { InferOutput, OutputSchema } from '../chat/schema.ts';
import { isFault, noteFault, toOutputError } from '../layers/output/fault.ts';

/** The type of `reply.parsed`: with tools the model may call one instead. */
export type Parsed<Schema extends OutputSchema, Tools> = Tools extends undefined ? InferOutput<Schema> : InferOutput<Schema> | undefined;

/** A request with a schema, and whether it has tools. */
export type SchemaRequest<Schema extends OutputSchema, Tools extends readonly ChatTool[] | undefined> = ChatRequest<Schema, Tools> & {
  readonly schema: Schema;
};

/** What goes below of a request with a schema: what it asks of the provider, and the judge of what comes back. */
export function takeSchema(request: ChatRequest): { readonly asked: Asked; readonly output: Output | undefined } {
  const operation = 'chat';
  if (!('schema' in request)) return { asked: { operation, request }, output: undefined };
  const { schema, ...rest } = request;
  if (schema == null) return { asked: { operation, request: rest }, output: undefined };
  const output = new Output(schema, { hasTools: (request.tools?.length ?? 0) > 0 });
  return { asked: { operation, request: { ...rest, response_format: toResponseFormat(schema) }, hasSchema: true }, output };
}

/** What the schema makes of an answer. A whole one was judged on its way up; a stream is judged here. Rejects with `OutputError`. */
export async function parseAnswer({ trace }: Call, output: Output, completion: ChatCompletion): Promise<unknown> {
  const judgement = await output.judge(completion);
  if (isFault(judgement)) {
    noteFault(trace, judgement, 'reject');
    const from = trace.source ?? trace.decisive ?? { provider: 'the cache', model: completion.model };
    throw toOutputError(from, judgement, completion);
  }
  return judgement.kind === 'parsed' ? judgement.value : undefined;
}

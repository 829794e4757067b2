import type { Call } from '../call.ts';
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
export function takeSchema(request: ChatRequest): { readonly request: ChatRequest; readonly output: Output | undefined } {
  const { schema, ...rest } = request;
  if (schema == null) return { request: 'schema' in request ? rest : request, output: undefined };
  return { request: { ...rest, response_format: toResponseFormat(schema) }, output: new Output(schema) };
}

/** What the schema makes of an answer. A whole one was judged on its way up; a stream is judged here. Rejects with `OutputError`. */
export async function parseAnswer({ trace }: Call, output: Output, completion: ChatCompletion): Promise<unknown> {
  const judgement = await output.judge(completion);
  if (isFault(judgement)) {
    noteFault(trace, judgement, 'reject');
    const { provider, model } = trace.source ?? trace.attempts.at(-1) ?? { provider: 'the cache', model: completion.model };
    throw toOutputError(`${provider}/${model}`, judgement, completion);
  }
  return judgement.kind === 'parsed' ? judgement.value : undefined;
}

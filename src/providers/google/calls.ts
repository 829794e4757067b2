import type { ToolCallDelta } from '../../chat/chunk.ts';
import { isLoose, type Loose } from '../loose.ts';
import { PartialArgs } from './partial-args.ts';
import { toSigned } from './signatures.ts';

interface Open {
  readonly index: number;
  readonly args: PartialArgs;
}

/**
 * Function calls to tool calls. They come whole, but for Vertex where it was asked to stream arguments: then the name comes first, and
 * the arguments as one text at the call's end, as values that come by path make no text before.
 */
export class CallDecoder {
  readonly #idPrefix: () => string;
  #open: Open | undefined;
  #count = 0;

  /** `idPrefix`: for calls that Google gave no id. */
  constructor(idPrefix: () => string) {
    this.#idPrefix = idPrefix;
  }

  get count(): number {
    return this.#count;
  }

  /** `undefined` for what is no call nor a piece of one. */
  add(call: Loose, signature: string | undefined): readonly ToolCallDelta[] | undefined {
    const { name, args, partialArgs, willContinue } = call;
    if (typeof name === 'string' && name !== '') {
      const ended = this.end();
      const begun = this.#begin(call, name, signature);
      if (willContinue !== true && !Array.isArray(partialArgs))
        return [...ended, { ...begun, function: { name, arguments: toText(args) } }];
      this.#open = { index: begun.index, args: new PartialArgs(isLoose(args) ? args : {}) };
      return [...ended, begun, ...this.#continue(partialArgs, willContinue)];
    }
    const open = this.#open;
    if (open === undefined) return Object.keys(call).length === 0 ? [] : undefined;
    const signing = signature === undefined ? [] : [{ index: open.index, ...toSigned(signature) }];
    return [...signing, ...this.#continue(partialArgs, willContinue)];
  }

  /** The arguments of a call that was not ended yet. */
  end(): readonly ToolCallDelta[] {
    const open = this.#open;
    this.#open = undefined;
    return open === undefined ? [] : [{ index: open.index, function: { arguments: toText(open.args.args) } }];
  }

  #begin({ id }: Loose, name: string, signature: string | undefined): ToolCallDelta {
    const index = this.#count;
    this.#count += 1;
    return {
      index,
      id: typeof id === 'string' && id !== '' ? id : `${this.#idPrefix()}${index}`,
      type: 'function',
      function: { name, arguments: '' },
      ...toSigned(signature),
    };
  }

  #continue(partialArgs: unknown, willContinue: unknown): readonly ToolCallDelta[] {
    for (const piece of Array.isArray(partialArgs) ? (partialArgs as unknown[]) : []) this.#open?.args.add(piece);
    return willContinue === true ? [] : this.end();
  }
}

/** As the model would have written them. Nested too deep for JSON is nothing that a tool could read. */
function toText(args: unknown): string {
  if (typeof args === 'string') return args;
  try {
    return JSON.stringify(args ?? {});
  } catch {
    return '{}';
  }
}

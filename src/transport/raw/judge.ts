import { type ChatChunk, hasOutput } from '../../chat/chunk.ts';
import type { Usage } from '../../chat/reply.ts';
import { StreamCheck } from '../../chat/storable.ts';
import type { StreamDecoder } from '../../providers/provider.ts';
import type { WireEvent } from '../../wire/index.ts';

/** What one event of a stream is to who reads it. */
export type Seen =
  /** Nothing that a caller would see: roles, pings, beginnings. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'output' }
  /** The terminal marker. */
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly body: unknown }
  /** It does not parse, and its protocol says that all do. */
  | { readonly kind: 'malformed'; readonly data: string };

/** Follows a stream whose bytes pass as they are: when it begins to answer, how it ends, and what it used. */
export interface Judge {
  see(event: WireEvent): Seen;
  /** A body that ends now is complete. */
  readonly complete: boolean;
  /** An answer has begun, be it an empty one. */
  readonly answered: boolean;
  readonly usage: Usage | undefined;
  /** What has come is worth keeping, once it is complete: by the same rule as for chats. */
  readonly storable: boolean;
}

export const NOTHING: Seen = { kind: 'nothing' };
export const OUTPUT: Seen = { kind: 'output' };
export const END: Seen = { kind: 'end' };

/** Of a stream in the words of a protocol: by the decoder that `chat` reads it with. */
export class ProtocolJudge implements Judge {
  readonly #decoder: StreamDecoder;
  readonly #check = new StreamCheck();
  usage: Usage | undefined;
  answered = false;

  constructor(decoder: StreamDecoder) {
    this.#decoder = decoder;
  }

  get complete(): boolean {
    return this.#decoder.complete;
  }

  get storable(): boolean {
    return this.#check.isStorable;
  }

  see(event: WireEvent): Seen {
    try {
      return this.#see(event);
    } catch (error) {
      // Anything else is a bug of ours, and is not to be taken for the provider's.
      if (error instanceof SyntaxError) return { kind: 'malformed', data: event.data };
      throw error;
    }
  }

  #see(event: WireEvent): Seen {
    const decoded = this.#decoder.decode(event);
    switch (decoded.kind) {
      case 'chunk':
        return this.#add(decoded.chunk) ? OUTPUT : NOTHING;
      case 'end':
        for (const chunk of decoded.chunks ?? []) this.#add(chunk);
        return END;
      case 'error':
        return decoded;
      case 'nothing':
        return NOTHING;
    }
  }

  #add(chunk: ChatChunk): boolean {
    this.#check.see(chunk);
    if (chunk.choices.length > 0) this.answered = true;
    this.usage = chunk.usage ?? this.usage;
    return hasOutput(chunk);
  }
}

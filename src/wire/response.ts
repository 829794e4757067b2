import type { Scrubber } from './scrub.ts';
import { toText, type WireBody } from './body.ts';
import { WireError } from './failure.ts';
import type { WireHeaders } from './types.ts';

/** The head of an answer, with its body still to come. Never a redirect. */
export interface WireResponse {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly body: WireBody;
}

/** What may end an exchange early: a call's deadline, or an attempt's timers. */
export interface Stop {
  readonly ended: { readonly reason: unknown } | undefined;
  /** Calls `listener` once, at once where it has ended. Returns the way to stop listening. */
  listen(listener: (reason: unknown) => void): () => void;
}

/** An error body longer than this is cut: nobody reads more of it. */
const LONGEST_ERROR_BODY = 256 * 1024;

/**
 * The body of a refusal, without secrets: parsed where it is JSON, else its text, HTML included. What came before a cut
 * counts, as the status alone tells something; only a stop rejects.
 */
export async function readErrorBody(body: WireBody, scrubber: Scrubber): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (let piece = await body.read(); piece !== undefined; piece = await body.read()) {
      pieces.push(piece);
      bytes += piece.byteLength;
      if (bytes <= LONGEST_ERROR_BODY) continue;
      body.cancel();
      break;
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return parseScrubbed(toText(pieces).slice(0, LONGEST_ERROR_BODY), scrubber);
}

function parseScrubbed(text: string, scrubber: Scrubber): unknown {
  try {
    return scrubber.value(JSON.parse(text));
  } catch {
    // Not JSON: HTML, prose, or JSON that was cut.
    return scrubber.text(text);
  }
}

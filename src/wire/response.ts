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
  return (await readErrorText(body, scrubber)).value;
}

/** The same, and its text without secrets. */
export async function readErrorText(body: WireBody, scrubber: Scrubber): Promise<{ readonly value: unknown; readonly text: string }> {
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
  return toScrubbed(toText(pieces).slice(0, LONGEST_ERROR_BODY), scrubber);
}

function toScrubbed(text: string, scrubber: Scrubber): { readonly value: unknown; readonly text: string } {
  const clean = scrubber.text(text);
  const parsed = parse(text);
  // Not JSON: HTML, prose, or JSON that was cut.
  if (parsed === undefined) return { value: clean, text: clean };
  const value = scrubber.value(parsed);
  // A secret may be spelt so that only a parser finds it: then the text is written anew.
  const left = parse(clean);
  const isClean = left !== undefined && JSON.stringify(scrubber.value(left)) === JSON.stringify(left);
  return { value, text: isClean ? clean : JSON.stringify(value) };
}

/** `undefined` for what is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

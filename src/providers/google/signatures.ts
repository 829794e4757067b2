import { isLoose, type Loose } from '../loose.ts';
import { FORMATS } from '../reasoning-details.ts';

/** Who wrote a piece of reasoning. */
export const FORMAT = FORMATS.google;

/** Google's own words on parts of a reply, under the name of its OpenAI-compatible endpoint: `extra_content.google`. */
export interface GoogleExtra {
  /** Of a call, an image, or a message's text. */
  readonly thought_signature?: string;
  /** Parts that have no neutral shape (executed code, results), as they came. */
  readonly parts?: readonly Loose[];
  /** How the parts stood, where it is not thoughts, text, images, calls. */
  readonly order?: readonly OrderEntry[];
}

/** One part of a model's turn, by what became of it. */
export type OrderEntry =
  | { readonly reasoning: number }
  | { readonly text: number; readonly thought_signature?: string }
  | { readonly image: number }
  | { readonly tool_call: number }
  | { readonly part: number };

/** For a call, an image or a message. */
export function toExtraContent(google: GoogleExtra): { readonly extra_content?: { readonly google: Readonly<Record<string, unknown>> } } {
  const isEmpty = Object.values(google).every((value) => value === undefined);
  return isEmpty ? {} : { extra_content: { google: { ...google } } };
}

/** A signature as a call, an image or a message keeps it. */
export function toSigned(signature: string | undefined): ReturnType<typeof toExtraContent> {
  return signature === undefined ? {} : toExtraContent({ thought_signature: signature });
}

/** What Google left on a call, an image or a message; empty where there is nothing, or somebody else's. */
export function readExtraContent(of: unknown): Loose {
  const extra = isLoose(of) ? of['extra_content'] : undefined;
  const google = isLoose(extra) ? extra['google'] : undefined;
  return isLoose(google) ? google : {};
}

/** The signature that Google left there. */
export function readSignature(of: unknown): string | undefined {
  const { thought_signature: signature } = readExtraContent(of);
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}

/** As a field of a part. */
export function signed(signature: string | undefined): { readonly thoughtSignature?: string } {
  return signature === undefined ? {} : { thoughtSignature: signature };
}

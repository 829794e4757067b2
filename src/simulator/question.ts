/** A body as it came: nothing in it is to be trusted. */
export type WireBody = Readonly<Record<string, unknown>>;

/** What a request asks, told apart from how it asks. Read from rubbish too: `complain` says what is wrong with it. */
export interface Question {
  readonly model: string;
  readonly stream: boolean;
  /** The text of each message, or each embedding input; a list of token numbers counts as its tokens. */
  readonly texts: readonly (string | readonly number[])[];
  /** The most tokens that one choice may have; `undefined` when the request does not say. */
  readonly outputLimit: number | undefined;
  /** How many choices are asked for. */
  readonly choices: number;
  /** The tool that must be called. */
  readonly tool: { readonly name: string; readonly parameters: unknown } | undefined;
  /** The answer must be JSON, of this schema if there is one. */
  readonly json: { readonly schema: unknown } | undefined;
}

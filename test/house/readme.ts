export interface Block {
  /** Where it starts in the document, from 1. */
  readonly line: number;
  readonly code: string;
}

/** The TypeScript blocks of a document that follow `<!-- run -->`: those that promise to run as they stand. */
export function findRunBlocks(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^<!-- run -->[ \t]*\n+```ts[^\n]*\n(.*?)^```[ \t]*$/gms)].map((match) => ({
    line: markdown.slice(0, match.index).split('\n').length,
    code: match[1] ?? '',
  }));
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A recorded answer of a real provider. */
export interface Recording {
  readonly name: string;
  readonly folder: string;
  readonly kind: 'whole' | 'stream';
  /** The body, or the events of a stream without their envelope. */
  readonly text: string;
}

const FIXTURES = new URL('../../../shared/fixtures/vercel-ai/', import.meta.url);

/** The recordings of a folder; none where they are not at hand, as they are no part of the project. */
export function recordingsIn(folder: string): readonly Recording[] {
  const url = new URL(`${folder}/`, FIXTURES);
  if (!existsSync(url)) return [];
  return readdirSync(url)
    .filter((file) => /\.(json|chunks\.txt)$/.test(file) && !/error|429/.test(file))
    .map((file) => ({
      name: `${folder}/${file}`,
      folder,
      kind: file.endsWith('.json') ? ('whole' as const) : ('stream' as const),
      text: readFileSync(new URL(file, url), 'utf8'),
    }));
}

/** The events of a recorded stream. */
export function linesOf({ text }: Recording): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

import type { Incoming, ShownKey } from './tongue.ts';

/** A key after `Bearer `. */
export function readBearer({ headers }: Incoming): ShownKey | undefined {
  return toShown(/^Bearer\s+(\S.*)$/i.exec(headers['authorization'] ?? '')?.[1]);
}

/** A key that is all that a header says. */
export function readHeader({ headers }: Incoming, name: string): ShownKey | undefined {
  return toShown(headers[name]);
}

/** A key in the query. */
export function readQuery({ query }: Incoming, name: string): ShownKey | undefined {
  return toShown(query.get(name) ?? undefined);
}

function toShown(text: string | undefined): ShownKey | undefined {
  return text === undefined || text === '' ? undefined : { text };
}

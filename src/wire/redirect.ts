import { WireError } from './failure.ts';
import type { WireHead } from './types.ts';

/** Throws for any 3xx: whoever is named there has no right to the key. `readLocation` scrubs, and empty where there is none. */
export function refuseRedirect(head: WireHead, readLocation: () => string, origin: string): void {
  const { status } = head;
  if (status < 300 || status > 399) return;
  throw toRedirectError(toOrigin(readLocation(), origin), head);
}

/** `to`: the origin alone, as paths and queries of redirects carry tokens. */
export function toRedirectError(to: string, head: WireHead | undefined): WireError {
  const shown = head === undefined ? to : `${head.status} to ${to}`;
  return new WireError('redirect', `the server redirects, and keywheel never follows a redirect with a key: ${shown}`, {
    reached: true,
    head,
  });
}

function toOrigin(location: string, base: string): string {
  if (location === '' || !URL.canParse(location, base)) return 'an unnamed place';
  const { origin, protocol } = new URL(location, base);
  return origin === 'null' ? `an address of scheme ${protocol}` : origin;
}

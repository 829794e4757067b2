import { credentialsIn } from '../credential.ts';
import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { Secret } from '../secret.ts';

/** What HTTP allows in a header's name and value: a line break would be another header. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/** Lower-case names. Values may be secrets, so that no message shows one. */
export function toHeaders(provider: string, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value] as const);
  for (const [header, value] of entries) {
    if (isSendable(header, value)) continue;
    throw new ConfigError(
      `Cannot create the client as 'providers.${provider}' must send headers that HTTP allows: current name is ${shownName(header)}, its value is not shown`,
    );
  }
  return Object.fromEntries(entries);
}

/** True for a name and a value that HTTP allows. */
export function isSendable(header: string, value: string): boolean {
  return HEADER_NAME.test(header) && HEADER_VALUE.test(value);
}

/** Somebody may have put a key where the name belongs: what is long and has digits is not shown. */
function shownName(header: string): string {
  return header.length >= 16 && /\d/.test(header) ? `a text of ${header.length} characters` : toShown(header);
}

/** The credentials among headers or parameters, absent where there are none. Others are left readable in what a provider says. */
export function findHidden(named: Readonly<Record<string, string>>): { readonly hidden?: readonly Secret[] } {
  const texts = credentialsIn(named);
  return texts.length === 0 ? {} : { hidden: texts.map((text) => new Secret(text)) };
}

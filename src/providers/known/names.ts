import { ConfigError } from '../../errors.ts';
import { toShown } from '../../printable.ts';

/** A name that becomes part of a host: another character would make another host of it. */
export function checkLabel(provider: string, option: string, value: string): string {
  return check(provider, option, value, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i);
}

/** A name that becomes a segment of a path. Projects of a domain are `example.com:name`. */
export function checkSegment(provider: string, option: string, value: string): string {
  return check(provider, option, value, /^[a-z0-9][a-z0-9.:_-]{0,98}$/i);
}

function check(provider: string, option: string, value: string, pattern: RegExp): string {
  if (pattern.test(value)) return value;
  throw new ConfigError(
    `Cannot create the client as '${option}' of provider '${provider}' must be a name of letters, digits and dashes: current value is ${toShown(value)}`,
  );
}

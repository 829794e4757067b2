import { ConfigError } from '../errors.ts';
import type { EventName } from '../events.ts';
import { toShown } from '../printable.ts';
import { suggest } from './suggest.ts';

/** Every event's name; the type says when one is missing. */
const NAMES: Readonly<Record<EventName, true>> = {
  'call-started': true,
  'call-finished': true,
  'call-failed': true,
  'attempt-finished': true,
  'attempt-failed': true,
  'key-held': true,
  'key-invalidated': true,
  'key-recovered': true,
  'group-learned': true,
  'group-parted': true,
  'organization-learned': true,
  'keys-exhausted': true,
  'keys-refresh-failed': true,
  'route-changed': true,
  'cache-hit': true,
  'cache-stored': true,
  'cache-failed': true,
  'limit-near': true,
  'budget-near': true,
  'budget-reached': true,
  'log-failed': true,
  'alert-failed': true,
};

// `Object.keys` forgets of what.
export const EVENT_NAMES = Object.keys(NAMES) as readonly EventName[];

/** Throws `ConfigError` for an event that there is not, or a listener that cannot be called: it would wait for ever in silence. */
export function checkListener(name: unknown, listener: unknown): void {
  if (typeof name !== 'string' || !Object.hasOwn(NAMES, name)) {
    const meant = typeof name === 'string' ? suggest(name, EVENT_NAMES) : undefined;
    const hint = meant === undefined ? `known are ${EVENT_NAMES.join(', ')}` : `did you mean '${meant}'?`;
    throw new ConfigError(`Cannot listen as the event must be a known one, ${hint}: current value is ${toShown(name)}`);
  }
  if (typeof listener !== 'function') {
    throw new ConfigError(`Cannot listen to '${name}' as the listener must be a function: current value is ${toShown(listener)}`);
  }
}

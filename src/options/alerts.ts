import type { ClientEvents } from '../events.ts';

/** Events that can be alerts. */
export type AlertName = 'limit-near' | 'keys-exhausted' | 'key-invalidated' | 'budget-near' | 'budget-reached';

/** What is posted, or handed to a function. */
export type Alert = { [Name in AlertName]: { readonly alert: Name; readonly at: string } & ClientEvents[Name] }[AlertName];

/** Tells somebody outside. */
export interface AlertOptions {
  readonly on: AlertName | readonly AlertName[];
  /** A webhook's URL (http or https), which gets a POST with the alert as JSON, or a function. */
  readonly to: string | URL | ((alert: Alert) => unknown);
  /** Sent with the POST. Their values are treated as secrets. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Equal alerts (of one key, limit, model or budget) are told once in this time, ms. @default 300000 */
  readonly everyMs?: number | undefined;
}

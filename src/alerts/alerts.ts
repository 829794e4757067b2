import type { Clock, Random } from '../clock.ts';
import type { Events } from '../events.ts';
import type { AlertSettings } from '../options/alerts.ts';
import type { Wire } from '../wire/index.ts';

/** Tells webhooks and functions what should not wait. Never in the way of a call. */
export class Alerts {
  constructor(
    _settings: readonly AlertSettings[],
    _tools: { readonly clock: Clock; readonly random: Random; readonly events: Events; readonly wire: Wire; readonly secrets: unknown },
  ) {}

  /** Lets what is being posted finish, for a short while. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

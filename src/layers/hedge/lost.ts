import type { AttemptAction } from '../../report.ts';

/** Why the slower of two attempts at one call was aborted. Nobody outside sees it but the report. */
export class LostRace extends Error {
  constructor() {
    super('Cannot go on with the attempt as another one of the same call answered first');
    this.name = 'LostRace';
  }
}

/** Another attempt of the call answered first, whatever this one did or will say. */
export function markLost(attempt: { action?: AttemptAction; why: string }): void {
  if (attempt.action === 'hedge') return;
  attempt.action = 'hedge';
  attempt.why += '; another attempt of the call answered first';
}

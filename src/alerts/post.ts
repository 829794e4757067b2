import type { Clock } from '../clock.ts';
import type { Webhook } from '../options/alerts.ts';
import { toPrintable } from '../printable.ts';
import { Scrubber, type Wire, WireError } from '../wire/index.ts';
import { Ending } from './ending.ts';
import { judge, type Outcome } from './plan.ts';

/** One POST, until the last byte of its answer, ms. */
const TIMEOUT_MS = 10_000;

/** Posts a body to a webhook once; never rejects. `stop` ends it. */
export async function post(wire: Wire, clock: Clock, to: Webhook, body: string, stop: Ending): Promise<Outcome> {
  const ending = new Ending();
  const late = new Error(`no answer within ${TIMEOUT_MS} ms`);
  const timer = clock.after(TIMEOUT_MS, () => ending.end(late), { background: true });
  const leave = stop.listen((reason) => ending.end(reason));
  const scrubber = new Scrubber(to.hidden);
  try {
    const { url, headers } = to;
    const response = await wire.send({ method: 'POST', url, headers, body }, undefined, ending, undefined, scrubber);
    const outcome = judge(response.status, response.headers['retry-after'], clock.now());
    // What a webhook says is nobody's to read, but its connection may serve again.
    await response.body.discard();
    return outcome;
  } catch (error) {
    return toOutcome(error, late, scrubber);
  } finally {
    leave();
    timer.cancel();
  }
}

function toOutcome(error: unknown, late: Error, scrubber: Scrubber): Outcome {
  const said = error instanceof WireError ? error.detail : error instanceof Error ? error.message : String(error);
  const reason = toPrintable(scrubber.text(said), 200);
  const again = error === late || (error instanceof WireError && error.kind !== 'redirect');
  return again ? { kind: 'failed', reason } : { kind: 'refused', reason };
}

import { type Answer, atEnd, type Call, type Layer } from '../call.ts';
import { DeadlineError } from '../errors.ts';

/** The list of prices: loaded while the first call is under way. */
interface PriceList {
  readonly ready: boolean;
  load(): Promise<void>;
}

/**
 * Has the prices at hand before the first answers are over, so that each report can name its cost. What fails, and what costs nothing, does
 * not wait for them.
 */
export function priced(prices: PriceList): Layer {
  return (next) => (call) => {
    if (prices.ready) return next(call);
    const loading = prices.load();
    return next(call).then((answer) => (prices.ready || isFree(call, answer) ? answer : withPrices(call, answer, loading)));
  };
}

/** It is over, and nobody counted anything; of a stream that is told by its end. */
function isFree({ trace }: Call, { kind }: Answer): boolean {
  return kind === 'whole' && trace.attempts.every(({ tokens }) => tokens === undefined);
}

/** The answer is here: it is the caller's own abort that still ends the call, not its time. */
function withPrices(call: Call, answer: Answer, loading: Promise<void>): Promise<Answer> {
  const { deadline, trace } = call;
  // Loading is no part of the call.
  if (answer.kind === 'whole') trace.endedAt ??= deadline.now();
  return new Promise((resolve, reject) => {
    const stop = deadline.listen((reason) => {
      if (reason instanceof DeadlineError) resolve(answer);
      else reject(reason);
    });
    void loading.then(() => {
      stop();
      // Of an answer that is over it was closed already, before it was listened to again.
      atEnd(answer, () => deadline.close());
      resolve(answer);
    });
  });
}

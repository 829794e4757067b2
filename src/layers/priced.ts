import type { Layer } from '../call.ts';

/** The list of prices: loaded while the first call is under way. */
interface PriceList {
  readonly ready: boolean;
  load(): Promise<void>;
}

/** Has the prices at hand before the first answers are over, so that each report can name its cost. */
export function priced(prices: PriceList): Layer {
  return (next) => (call) => {
    if (prices.ready) return next(call);
    const loading = prices.load();
    return next(call).then((answer) => loading.then(() => answer));
  };
}

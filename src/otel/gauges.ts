import { summarize } from '../metrics/keys.ts';
import type { FailureClass, KeySnapshot } from '../index.ts';
import type { BatchObservableResult, Meter } from './api.ts';

/**
 * How keys and limits stand, looked at when a reader collects. Limits are those of the first 500 buckets, in the order in which the keys
 * were added. Returns the way to stop.
 */
export function observeKeys(meter: Meter, list: () => readonly KeySnapshot[]): () => void {
  const keys = meter.createObservableUpDownCounter('keywheel.keys', { unit: '{key}', description: 'Keys, by their state.' });
  const holds = meter.createObservableUpDownCounter('keywheel.holds', {
    unit: '{key}',
    description: 'Keys that are held for one model or for all, by why.',
  });
  const remaining = meter.createObservableGauge('keywheel.bucket.remaining', {
    description: 'What is left of a limit of a group; below 0 when more was spent than allowed.',
  });
  const limit = meter.createObservableGauge('keywheel.bucket.limit', { description: 'How many a window.' });
  // The SDK goes on telling what it was told last: of what is gone must be said that there is none. As many as providers and classes.
  const everSeen = new Set<string>();
  const everHeld = new Map<string, { readonly provider: string; readonly is: FailureClass }>();
  const observed = [keys, holds, remaining, limit];
  const observe = (result: BatchObservableResult): void => {
    const told = summarize(list(), everSeen);
    for (const { provider, is, keys: count } of told.states) {
      everSeen.add(provider);
      result.observe(keys, count, { 'keywheel.provider': provider, 'keywheel.key.state': is });
    }
    const held = new Map(told.holds.map(({ provider, is, keys: count }) => [`${is} ${provider}`, { provider, is, count }]));
    for (const [id, { provider, is }] of everHeld) if (!held.has(id)) held.set(id, { provider, is, count: 0 });
    for (const [id, { provider, is, count }] of held) {
      everHeld.set(id, { provider, is });
      result.observe(holds, count, { 'keywheel.provider': provider, 'keywheel.hold.class': is });
    }
    for (const { provider, group, model, counts, windowMs, ...bucket } of told.buckets) {
      const attributes = {
        'keywheel.provider': provider,
        'keywheel.group': group,
        ...(model === '' ? {} : { 'keywheel.model': model }),
        'keywheel.bucket.counts': counts,
        'keywheel.bucket.window': windowMs / 1000,
      };
      result.observe(remaining, bucket.remaining, attributes);
      result.observe(limit, bucket.limit, attributes);
    }
  };
  meter.addBatchObservableCallback(observe, observed);
  return () => meter.removeBatchObservableCallback(observe, observed);
}

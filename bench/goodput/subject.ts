import type { Clock } from '../../src/clock.ts';
import type { BaselineName } from './baselines.ts';
import type { Case, Told } from './case.ts';
import type { Ask } from './load.ts';
import type { Time } from './time.ts';

/** Who is measured. */
export type Subject = { readonly of: 'keywheel'; readonly told: Told } | { readonly of: 'baseline'; readonly name: BaselineName };

/** What a client under test is given. */
export interface Surroundings {
  readonly baseURL: string;
  readonly time: Time;
  readonly random: () => number;
  /** The entry point of keywheel, built. */
  readonly keywheel: string;
  /** Left out: their own way out. */
  readonly fetch?: typeof globalThis.fetch;
  /** Left out: real time. */
  readonly clock?: Clock;
}

/** Neither is loaded where the other one runs. */
export async function openSubject(row: Case, subject: Subject, surroundings: Surroundings): Promise<Ask> {
  if (subject.of === 'keywheel') {
    const { createKeywheel } = await import('./keywheel.ts');
    return createKeywheel(row, subject.told, surroundings);
  }
  const { baselines } = await import('./baselines.ts');
  return baselines[subject.name]({ row, ...surroundings });
}

/** Smallest, middle and largest of several. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function toSpread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, index))] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) };
}

/** `1 234` below ten thousand as `1,234`; below ten with two digits. */
export function toText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-GB');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

export const toSpreadText = ({ min, median, max }: Spread): string => `${toText(min)} / **${toText(median)}** / ${toText(max)}`;

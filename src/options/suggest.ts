/** Nobody misspells a longer word, but a program may send one, and comparing takes the product of the lengths. */
const LONGEST = 60;

/** The known word that is most like `word`, when one is like enough to be meant. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const longer = known.find((candidate) => word.length > 2 && candidate.toLowerCase().startsWith(word.toLowerCase()));
  if (longer !== undefined) return longer;
  const ranked = known
    .map((candidate) => ({ candidate, distance: distanceOf(word.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  return ranked !== undefined && ranked.distance <= Math.max(1, Math.floor(word.length / 3)) ? ranked.candidate : undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`. */
function distanceOf(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

import { createRandom, hashText } from '../random.ts';

/** A text in pieces of equal length. Never half a character: JSON texts of providers hold whole ones. */
export function splitText(text: string, pieces: number): readonly string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.ceil(characters.length / pieces));
  const count = Math.ceil(characters.length / size);
  return Array.from({ length: count }, (_, index) => characters.slice(index * size, (index + 1) * size).join(''));
}

/** Length of a vector when the request does not say. Short, as nobody searches with it. */
const DIMENSIONS = 8;

/** The unit vector of an input: the same one in every run. */
export function toVector(input: string | readonly number[], dimensions: unknown): readonly number[] {
  const random = createRandom(hashText(typeof input === 'string' ? input : input.join(' ')));
  const raw = Array.from({ length: typeof dimensions === 'number' ? dimensions : DIMENSIONS }, () => random() * 2 - 1);
  const length = Math.hypot(...raw) || 1;
  return raw.map((value) => value / length);
}

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

/** What proves that a model thought a text: changed texts have another one. */
export function sign(text: string): string {
  return Buffer.from(`simulator:${hashText(text).toString(16)}`).toString('base64');
}

/** True for any proof that a simulator wrote, whatever it is for. */
export function isSignature(value: unknown): boolean {
  return typeof value === 'string' && Buffer.from(value, 'base64').toString().startsWith('simulator:');
}

/** The arguments of a tool call for protocols that send them as JSON. */
export function parseArguments(text: string): object {
  const value: unknown = JSON.parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new TypeError(`the arguments of a tool call must be the JSON text of an object: current value is ${text}`);
}

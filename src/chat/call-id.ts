import { fingerprint } from './fingerprint.ts';

/** Where in which reply a call of a tool stands. */
export interface CallPlace {
  readonly id: string;
  readonly created: number;
  readonly choice: number;
  readonly position: number;
}

/**
 * An id for a call that came without one: the result of a call names it by id. The same for the same reply, plain and streamed, and
 * another one for every other call, as a conversation holds those of many replies.
 */
export function toCallId({ id, created, choice, position }: CallPlace, name: string, text: string): string {
  return `call_${fingerprint([id, created, choice, position, name, text]).slice(0, 24)}`;
}

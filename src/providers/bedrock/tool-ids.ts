import { toCallId } from '../call-ids.ts';
import { familyOf } from './families.ts';

const USUAL = /^[\w-]{1,64}$/;
const USUAL_LENGTH = 32;
/** Mistral's models take ids of just one length. */
const MISTRAL = /^[A-Za-z0-9]{9}$/;
const MISTRAL_LENGTH = 9;

/** Ids of other providers may hold what this one refuses. */
export function toToolId(id: unknown, model: string): string {
  return familyOf(model) === 'mistral' ? toCallId(id, MISTRAL, MISTRAL_LENGTH) : toCallId(id, USUAL, USUAL_LENGTH);
}

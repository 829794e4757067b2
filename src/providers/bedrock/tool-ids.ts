import { familyOf } from './families.ts';

const LONGEST = 64;
/** Mistral's models take ids of just this length. */
const MISTRAL = 9;

/** Ids of other providers may hold what this one refuses; call and result change alike. */
export function toToolId(id: unknown, model: string): string {
  const text = typeof id === 'string' ? id : '';
  if (familyOf(model) === 'mistral') {
    // The end differs where ids begin alike (`tooluse_…`).
    return text
      .replaceAll(/[^A-Za-z0-9]/g, '')
      .slice(-MISTRAL)
      .padStart(MISTRAL, '0');
  }
  const plain = text.replaceAll(/[^\w-]/g, '_').slice(0, LONGEST);
  return plain === '' ? 'call' : plain;
}

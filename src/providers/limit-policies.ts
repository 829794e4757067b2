import type { Counted } from '../failure.ts';
import type { WireHeaders } from '../wire/types.ts';

/** What the IETF's structured fields say of one limit. */
export interface Policy {
  readonly subject: string;
  readonly counts: Counted;
  readonly windowMs: number | undefined;
  readonly limit: number | undefined;
  readonly remaining: number | undefined;
  readonly resetMs: number | undefined;
}

const LONGEST = 2000;
const MOST = 16;

/**
 * `RateLimit: "default";r=50;t=30` with `RateLimit-Policy: "default";q=100;w=60`, and the drafts before it: `RateLimit: limit=100,
 * remaining=50, reset=30` with `RateLimit-Policy: 100;w=60`.
 */
export function readPolicies(headers: WireHeaders): readonly Policy[] {
  if (headers['ratelimit'] === undefined && headers['ratelimit-policy'] === undefined) return [];
  const state = readItems(headers['ratelimit']);
  const policies = readItems(headers['ratelimit-policy']);
  const flat = readFlat(headers['ratelimit']);
  if (flat !== undefined) return [toPolicy('', flat, policies[0])];
  const names = new Set([...state, ...policies].map(({ name }) => name));
  return [...names].map((name) =>
    toPolicy(
      name,
      state.find((item) => item.name === name),
      policies.find((item) => item.name === name),
    ),
  );
}

interface Item {
  /** Empty for a policy that is a bare number. */
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** `"burst";q=100;w=60, "day";q=1000;w=86400`, also `100;w=60`, and with a comment of its own before the name. */
function readItems(text: string | undefined): readonly Item[] {
  if (text === undefined || text.length > LONGEST) return [];
  return text
    .split(',')
    .slice(0, MOST)
    .flatMap((piece) => {
      const [first = '', ...rest] = piece.split(';').map((part) => part.trim());
      if (rest.length === 0) return [];
      const parameters = new Map<string, string>();
      let name = first;
      for (const part of rest) {
        const [, key, value] = /^([a-z]{1,8})=("?[^"]{1,40}"?)$/.exec(part) ?? [];
        if (key !== undefined && value !== undefined) parameters.set(key, value.replaceAll('"', ''));
        else name = part;
      }
      if (/^\d{1,15}$/.test(name)) parameters.set('q', name);
      return [{ name: /^\d{1,15}$/.test(name) ? '' : toName(name), parameters }];
    });
}

/** `limit=100, remaining=50, reset=5`. */
function readFlat(text: string | undefined): Item | undefined {
  if (text === undefined || text.length > LONGEST) return undefined;
  const parameters = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/\b(limit|remaining|reset)=(\d{1,15})\b/g)) {
    parameters.set(name === 'limit' ? 'q' : name === 'remaining' ? 'r' : 't', value);
  }
  return parameters.size === 0 ? undefined : { name: '', parameters };
}

function toPolicy(name: string, state: Item | undefined, policy: Item | undefined): Policy {
  const unit = policy?.parameters.get('qu') ?? state?.parameters.get('qu') ?? '';
  const counts: Counted = /token/i.test(`${name} ${unit}`) ? 'tokens' : 'requests';
  const seconds = toNumber(policy?.parameters.get('w'));
  const reset = toNumber(state?.parameters.get('t'));
  const plain = name === '' || name === 'default' || name === counts;
  return {
    subject: plain ? `default-${counts}` : `${name}-${counts}`,
    counts,
    windowMs: seconds === undefined || seconds === 0 ? undefined : seconds * 1000,
    limit: toNumber(state?.parameters.get('q')) ?? toNumber(policy?.parameters.get('q')),
    remaining: toNumber(state?.parameters.get('r')),
    resetMs: reset === undefined ? undefined : reset * 1000,
  };
}

function toName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]{1,40}/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

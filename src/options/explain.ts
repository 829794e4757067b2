import { toShown } from '../printable.ts';
import { suggest } from './suggest.ts';

/** What is wrong, as valibot tells it. */
interface Issue {
  readonly type: string;
  readonly input: unknown;
  readonly expected: string | null;
  readonly message: string;
  readonly path?: readonly { readonly key: unknown }[] | undefined;
  /** Of a union: what is wrong in its branches. */
  readonly issues?: readonly Issue[] | undefined;
}

/** Where an issue was found. */
interface Found {
  readonly issue: Issue;
  readonly path: readonly string[];
}

/** Options whose values may be secrets, as addresses of webhooks are: an error tells their type only. */
const PRIVATE = new Set(['secret', 'headers', 'query', 'env', 'to']);
/** A text where an object belongs may be a key that was put one level too high. */
const OBJECT_TYPES = new Set(['strict_object', 'record', 'check']);
/** An unknown name beside a key's options may itself be a key: `{ 'sk-…': 'team-a' }`. */
const PLAIN_NAME = /^[a-z_]{1,24}$/i;

/** "Cannot <task> as 'x' must be …: current value is …" for the first issue of a value. */
export function explain(task: string, schema: unknown, first: Issue, options: { readonly ofKey: boolean }): string {
  const { issue, path } = innermost(first, []);
  const name = path.join('.');
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = entriesAt(schema, path.slice(0, -1));
    const word = path.at(-1) ?? '';
    const meant = suggest(word, known);
    const told = options.ofKey && !PLAIN_NAME.test(word) ? 'an option of the key' : `'${name}'`;
    return `Cannot ${task} as ${told} is no known option: ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean '${meant}'?`}`;
  }
  if (issue.type === 'strict_object' && issue.input === undefined && path.length > 0) return `Cannot ${task} as '${name}' is missing`;
  return `Cannot ${task} as ${name === '' ? 'the options' : `'${name}'`} must be ${issue.message}: current value is ${show(issue, path)}`;
}

function show({ input, type }: Issue, path: readonly string[]): string {
  const hidden = path.some((part) => PRIVATE.has(part)) || (typeof input === 'string' && OBJECT_TYPES.has(type));
  return hidden && (typeof input === 'string' || typeof input === 'number' || typeof input === 'bigint')
    ? `a ${typeof input}`
    : toShown(input);
}

/** A union's own issue says little: the one inside a branch that got further names the option. */
function innermost(issue: Issue, before: readonly string[]): Found {
  const path = [...before, ...(issue.path ?? []).map((item) => String(item.key))];
  const inner = issue.issues?.find((candidate) => candidate.path !== undefined);
  return inner === undefined ? { issue, path } : innermost(inner, path);
}

/** The option names of the schema at `path`, found by walking valibot's own description of itself. */
function entriesAt(schema: unknown, path: readonly string[]): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if ('wrapped' in schema) return entriesAt(schema.wrapped, path);
  for (const several of ['options', 'pipe']) {
    const parts: unknown = Reflect.get(schema, several);
    if (Array.isArray(parts)) return parts.flatMap((part: unknown) => entriesAt(part, path));
  }
  const [first, ...rest] = path;
  if ('entries' in schema && typeof schema.entries === 'object' && schema.entries !== null) {
    const entries: Record<string, unknown> = { ...schema.entries };
    return first === undefined ? Object.keys(entries) : entriesAt(entries[first], rest);
  }
  if ('item' in schema) return entriesAt(schema.item, rest);
  return 'value' in schema && first !== undefined ? entriesAt(schema.value, rest) : [];
}

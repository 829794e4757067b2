import { isLoose, type Loose } from '../loose.ts';

type Container = Record<string, unknown> | unknown[];
type Step = string | number;

const DEEPEST = 64;
const STEP = /\.([^.[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

/**
 * Puts arguments together that Vertex streams value by value, each with its path (`$.steps[0].name`). What has no path, or one that
 * does not continue what is there, is left out.
 */
export class PartialArgs {
  // Without a prototype, so that no path leads to one.
  readonly #root = Object.create(null) as Record<string, unknown>;
  /** The text that the next piece of its path continues. */
  #growing: string | undefined;

  constructor(args: Loose) {
    for (const [name, value] of Object.entries(args)) this.#root[name] = value;
  }

  add(piece: unknown): void {
    const path = isLoose(piece) ? piece['jsonPath'] : undefined;
    const steps = typeof path === 'string' ? toSteps(path) : [];
    const value = isLoose(piece) ? readValue(piece) : undefined;
    if (!isLoose(piece) || typeof path !== 'string' || value === undefined) return;
    set(this.#root, steps, value, this.#growing === path);
    this.#growing = piece['willContinue'] === true ? path : undefined;
  }

  get args(): Loose {
    return this.#root;
  }
}

function readValue(piece: Loose): string | number | boolean | null | undefined {
  const { stringValue, numberValue, boolValue } = piece;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof numberValue === 'number') return numberValue;
  if (typeof boolValue === 'boolean') return boolValue;
  return 'nullValue' in piece ? null : undefined;
}

/** Empty for what is no path. */
function toSteps(path: string): readonly Step[] {
  const steps: Step[] = [];
  const step = new RegExp(STEP);
  step.lastIndex = 1;
  while (path.startsWith('$') && step.lastIndex < path.length) {
    const [, name, index, single, double] = step.exec(path) ?? [];
    const quoted = (single ?? double)?.replaceAll(/\\(.)/g, '$1');
    const next = index === undefined ? (name ?? quoted) : Number(index);
    if (next === undefined || steps.length === DEEPEST) return [];
    steps.push(next);
  }
  return steps;
}

function set(root: Container, steps: readonly Step[], value: unknown, grows: boolean): void {
  let at: Container = root;
  for (const [depth, step] of steps.entries()) {
    const next = steps[depth + 1];
    const was = get(at, step);
    if (next === undefined) put(at, step, grows && typeof was === 'string' && typeof value === 'string' ? was + value : value);
    else if (was === undefined) put(at, step, typeof next === 'number' ? [] : (Object.create(null) as Record<string, unknown>));
    const inner = get(at, step);
    if (inner === null || typeof inner !== 'object') return;
    // Made here, or an argument's own value: both are plain JSON.
    at = inner as Container;
  }
}

function get(container: Container, step: Step): unknown {
  if (Array.isArray(container)) return typeof step === 'number' ? container[step] : undefined;
  return typeof step === 'string' && Object.hasOwn(container, step) ? container[step] : undefined;
}

/** A list grows at its end only: an index far away would fill the memory. */
function put(container: Container, step: Step, value: unknown): void {
  if (!Array.isArray(container)) {
    if (typeof step === 'string' && step !== '__proto__') container[step] = value;
  } else if (typeof step === 'number' && step <= container.length) container[step] = value;
}

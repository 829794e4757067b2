import ts from 'typescript';
import type { Import, Source } from './sources.ts';
import { walk, whereIs } from './sources.ts';

export type Rooms = Readonly<Record<string, readonly string[]>>;

const EVERYTHING_BUT = 'everything but ';

/** `src/pool/choose.ts` stands in the room `pool`, `src/clock.ts` in `clock`. */
function roomOf(path: string): string {
  return path.split('/')[1]?.replace(/\.ts$/, '') ?? path;
}

/** Every import that the table refuses, in words. */
export function findTrespasses(sources: readonly Source[], rooms: Rooms): readonly string[] {
  return sources.flatMap((source) => {
    const room = roomOf(source.path);
    const allowed = rooms[room];
    if (allowed === undefined) return [`${source.path}: the room ${room} is not in the table`];
    return source.imports.flatMap((found) => {
      const trespass = toTrespass(room, allowed, found);
      return trespass === undefined ? [] : [`${source.path} imports ${found.file ?? found.specifier}: ${trespass}`];
    });
  });
}

function toTrespass(room: string, allowed: readonly string[], found: Import): string | undefined {
  if (found.file === undefined) return undefined;
  const other = roomOf(found.file);
  if (other === room || allowed.includes(other)) return undefined;
  const refused = allowed.filter((rule) => rule.startsWith(EVERYTHING_BUT)).map((rule) => rule.slice(EVERYTHING_BUT.length));
  if (refused.length > 0 && !refused.includes(other)) return undefined;
  if (!allowed.includes(`type ${other}`)) return `${room} may not import ${other}`;
  return found.typeOnly ? undefined : `${room} may import only types from ${other}`;
}

/** Circles of files that import each other, types included: `src/a.ts -> src/b.ts -> src/a.ts`. */
export function findCycles(sources: readonly Source[]): readonly string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const cycles: string[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];

  const visit = (path: string): void => {
    if (finished.has(path)) return;
    const from = trail.indexOf(path);
    if (from >= 0) {
      cycles.push([...trail.slice(from), path].join(' -> '));
      return;
    }
    trail.push(path);
    for (const { file } of byPath.get(path)?.imports ?? []) if (file !== undefined) visit(file);
    trail.pop();
    finished.add(path);
  };
  for (const path of byPath.keys()) visit(path);
  return cycles;
}

/** Which files import each third-party package: `undici` -> `['src/wire/send.ts']`. */
export function findImporters(sources: readonly Source[]): ReadonlyMap<string, readonly string[]> {
  const importers = new Map<string, string[]>();
  for (const { path, imports } of sources) {
    const packages = new Set(imports.flatMap(({ specifier }) => toPackage(specifier) ?? []));
    for (const name of packages) importers.set(name, [...(importers.get(name) ?? []), path]);
  }
  return importers;
}

function toPackage(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  return /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}

/** Where a source reads the text of a secret. */
export function findReveals(source: Source): readonly string[] {
  return findNodes(source, (node) => (isPathOf(node, 'Secret', 'reveal') ? 'Secret.reveal' : undefined));
}

const GLOBAL_TIMERS = new Set(['setTimeout', 'setInterval']);
const TIME_PATHS = [
  ['Date', 'now'],
  ['performance', 'now'],
  ['process', 'hrtime'],
  ['Math', 'random'],
  ['AbortSignal', 'timeout'],
  ['scheduler', 'wait'],
  ['globalThis', 'setTimeout'],
  ['globalThis', 'setInterval'],
] as const;

/**
 * Where a source asks the world for time or chance. `new Date(ms)` only writes down an instant it was given, and
 * `setImmediate` lets the loop turn: neither tells time.
 */
export function findClocks(source: Source): readonly string[] {
  return findNodes(source, (node) => {
    const path = TIME_PATHS.find(([holder, name]) => isPathOf(node, holder, name));
    if (path !== undefined) return path.join('.');
    if (ts.isNewExpression(node) && isName(node.expression, 'Date') && (node.arguments?.length ?? 0) === 0) return 'new Date()';
    if (ts.isCallExpression(node) && isName(node.expression, 'Date')) return 'Date()';
    return ts.isIdentifier(node) && GLOBAL_TIMERS.has(node.text) && standsAlone(node) ? node.text : undefined;
  });
}

function findNodes(source: Source, name: (node: ts.Node) => string | undefined): readonly string[] {
  const found: string[] = [];
  walk(source.tree, (node) => {
    const what = name(node);
    if (what !== undefined) found.push(`${whereIs(source, node)}: ${what}`);
  });
  return found;
}

function isPathOf(node: ts.Node, holder: string, name: string): boolean {
  return ts.isPropertyAccessExpression(node) && isName(node.expression, holder) && node.name.text === name;
}

function isName(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** `setTimeout(...)` or `const later = setTimeout`, not `socket.setTimeout(...)` or `typeof setTimeout`. */
function standsAlone(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent))
    return parent.name !== node;
  return !ts.isTypeQueryNode(parent);
}

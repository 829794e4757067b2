import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** As written: `./clock.ts`, `undici`, `node:http`. */
  readonly specifier: string;
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** For a relative import: the file, from the repository's root. */
  readonly file?: string;
}

export interface Source {
  /** From the repository's root: `src/pool/choose.ts`. */
  readonly path: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** Reads every TypeScript file under a folder of the repository. */
export function readSources(folder: string): readonly Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).replaceAll('\\', '/'))
    .sort()
    .map((path) => readSource(path, readFileSync(join(ROOT, path), 'utf8')));
}

export function readSource(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  walk(tree, (node) => {
    const found = readImport(node);
    if (found === undefined) return;
    const file = found.specifier.startsWith('.') ? posix.normalize(posix.join(dirname(path), found.specifier)) : undefined;
    imports.push(file === undefined ? found : { ...found, file });
  });
  return { path, tree, imports };
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** `src/pool/choose.ts:12`, for a message that leads to the place. */
export function whereIs(source: Source, node: ts.Node): string {
  return `${source.path}:${source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1}`;
}

function readImport(node: ts.Node): Import | undefined {
  if (ts.isImportDeclaration(node)) return toImport(node.moduleSpecifier, isTypeOnlyClause(node.importClause));
  if (ts.isExportDeclaration(node)) return toImport(node.moduleSpecifier, node.isTypeOnly || isTypeOnlyExport(node.exportClause));
  if (ts.isImportTypeNode(node)) return toImport(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return toImport(node.arguments[0], false);
  return undefined;
}

function toImport(specifier: ts.Node | undefined, typeOnly: boolean): Import | undefined {
  return specifier !== undefined && ts.isStringLiteralLike(specifier) ? { specifier: specifier.text, typeOnly } : undefined;
}

/** `import 'x'` has no clause and runs; `import { type A, type B }` leaves nothing but an empty import, so it counts as one that runs. */
function isTypeOnlyClause(clause: ts.ImportClause | undefined): boolean {
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function isTypeOnlyExport(clause: ts.NamedExportBindings | undefined): boolean {
  return (
    clause !== undefined &&
    ts.isNamedExports(clause) &&
    clause.elements.length > 0 &&
    clause.elements.every((element) => element.isTypeOnly)
  );
}

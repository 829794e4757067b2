/**
 * `npm run api` writes etc/api.md: every public name with its signature, per entry point, as the built declarations have it.
 * `npm run api:check` fails where the file differs, so that a changed public surface shows in review.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { argv, exit } from 'node:process';
import ts from 'typescript';

const REPORT = 'etc/api.md';

interface Entry {
  readonly name: string;
  readonly symbol: ts.Symbol;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
};
const entryPoints = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ specifier: manifest.name + subpath.slice(1), file: resolve(target.types) }],
);
for (const { file } of entryPoints) {
  if (existsSync(file)) continue;
  console.error(`Cannot read the public API as ${relative('.', file)} is missing: run npm run build first`);
  exit(2);
}

const program = ts.createProgram(
  entryPoints.map(({ file }) => file),
  {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ['node'],
    noEmit: true,
  },
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });
const home = dirname(entryPoints[0]?.file ?? resolve('dist/index.d.ts'));

const report = toReport();
const known = existsSync(REPORT) ? readFileSync(REPORT, 'utf8') : '';
if (!argv.includes('--check')) {
  mkdirSync(dirname(REPORT), { recursive: true });
  writeFileSync(REPORT, report);
  console.log(known === report ? `${REPORT} is up to date.` : `${REPORT} is written: look at its difference before you commit it.`);
} else if (known !== report) {
  printDifference(known, report);
  console.error(`The public API differs from ${REPORT}. If that is meant, run npm run build && npm run api, and commit the file.`);
  exit(1);
}

function toReport(): string {
  const published = new Set<ts.Symbol>();
  const sections = entryPoints.map(({ specifier, file }) => {
    const entries = readExports(file);
    for (const { symbol } of entries) published.add(symbol);
    return { specifier, entries };
  });
  const hidden = findHidden(published);
  const parts = ['# The public API', 'Written by `npm run api` from the built declarations; `npm run check` compares. Not for editing.'];
  for (const { specifier, entries } of sections) parts.push(`## ${specifier}`, ...entries.map(toSection));
  if (hidden.length > 0) {
    parts.push(
      '## Reachable, not exported',
      'Signatures above name these, and users cannot: export them, or keep them out of what users see.',
      ...hidden.map(toSection),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function readExports(file: string): readonly Entry[] {
  const source = program.getSourceFile(file);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`Cannot read the exports as the file is no module: ${file}`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({ name: symbol.name, symbol: unalias(symbol) }))
    .sort(byName);
}

/** Declarations of this package that a public signature leads to without exporting them. */
function findHidden(published: ReadonlySet<ts.Symbol>): readonly Entry[] {
  const seen = new Set(published);
  const queue = [...published];
  for (let symbol = queue.pop(); symbol !== undefined; symbol = queue.pop()) {
    for (const declaration of ownDeclarations(symbol)) {
      forEachName(declaration, (name) => {
        const found = checker.getSymbolAtLocation(name);
        if (found === undefined) return;
        const target = unalias(found);
        if (seen.has(target) || !isTopLevel(target)) return;
        seen.add(target);
        queue.push(target);
      });
    }
  }
  return [...seen]
    .filter((symbol) => !published.has(symbol))
    .map((symbol) => ({ name: symbol.name, symbol }))
    .sort(byName);
}

function forEachName(node: ts.Node, visit: (name: ts.Identifier) => void): void {
  if (ts.isIdentifier(node)) visit(node);
  ts.forEachChild(node, (child) => forEachName(child, visit));
}

function isTopLevel(symbol: ts.Symbol): boolean {
  return ownDeclarations(symbol).some((declaration) => {
    const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent.parent : declaration.parent;
    return ts.isSourceFile(holder);
  });
}

function ownDeclarations(symbol: ts.Symbol): readonly ts.Declaration[] {
  return (symbol.declarations ?? []).filter((declaration) => declaration.getSourceFile().fileName.startsWith(home.split(sep).join('/')));
}

function toSection({ name, symbol }: Entry): string {
  const declarations = symbol.declarations ?? [];
  const code = declarations.map((declaration) => {
    const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    return printer.printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile());
  });
  return `### ${name}\n\n\`\`\`ts\n${code
    .join('\n')
    .replaceAll(/^export (default )?|^declare /gm, '')
    .replaceAll(/^declare /gm, '')}\n\`\`\``;
}

function unalias(symbol: ts.Symbol): ts.Symbol {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

function byName(a: Entry, b: Entry): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function printDifference(before: string, after: string): void {
  const then = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  for (const line of then) if (!now.has(line)) console.error(`- ${line}`);
  for (const line of now) if (!then.has(line)) console.error(`+ ${line}`);
}

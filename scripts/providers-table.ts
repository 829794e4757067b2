/**
 * The table of known providers in docs/providers.md, from the code's own rows: prints it; `--write` puts it between the page's markers,
 * `--check` fails where the page says otherwise.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Capabilities } from '../src/providers/capabilities.ts';
import { knownProviders, type KnownProvider } from '../src/providers/known.ts';

const PAGE = new URL('../docs/providers.md', import.meta.url);
const BEGIN = '<!-- providers:begin -->';
const END = '<!-- providers:end -->';

const COLUMNS = ['provider', 'protocol', 'variables', 'tools', 'images', 'files', 'schema', 'reasoning', 'embeddings', 'prompt cache'];

/** The table in Markdown. */
export function toProvidersTable(known: Readonly<Record<string, KnownProvider>> = knownProviders): string {
  const rows = Object.entries(known).map(([name, row]) => toRow(name, row));
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The page with the table of today between its markers; `undefined` where it has no markers. */
export function withTable(page: string, table = toProvidersTable()): string | undefined {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  return begin < 0 || end < 0 ? undefined : `${page.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${page.slice(end)}`;
}

/** The page's table as it is written there: a formatter may pad its cells. */
export function isCurrent(page: string, table = toProvidersTable()): boolean {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  return begin >= 0 && end >= 0 && unpad(page.slice(begin + BEGIN.length, end)) === unpad(table);
}

function unpad(table: string): string {
  return table
    .trim()
    .replaceAll(/ *\| */g, '|')
    .replaceAll(/-{3,}/g, '---');
}

function toRow(name: string, { protocol, env, keyless }: KnownProvider): readonly string[] {
  const { capabilities } = protocol;
  const stems = [...env.keys.map((stem) => `\`${stem}\``), ...env.shared.map((stem) => `\`${stem}\`¹`)];
  if (env.compose !== undefined) stems.push('`AWS_ACCESS_KEY_ID`…¹');
  return [
    `\`${name}\``,
    protocol.name,
    `${stems.join(', ')}${keyless ? ' (none needed)' : ''}`,
    toMark(capabilities.tools),
    capabilities.images === 'both' ? 'URL, data' : capabilities.images === false ? '–' : capabilities.images,
    toMark(capabilities.files),
    toSchema(capabilities),
    toMark(capabilities.reasoning),
    capabilities.embeddings === false ? '–' : `${capabilities.embeddings.maxInputs} a request`,
    capabilities.promptCache === false ? '–' : capabilities.promptCache,
  ];
}

function toSchema({ jsonSchema, jsonObject }: Capabilities): string {
  if (jsonSchema !== false) return jsonSchema;
  return jsonObject ? 'JSON only' : '–';
}

function toMark(has: boolean): string {
  return has ? 'yes' : '–';
}

function run(flag: string | undefined): number {
  const page = readFileSync(PAGE, 'utf8');
  if (flag === undefined) console.log(toProvidersTable());
  if (flag === '--write') {
    const written = withTable(page);
    if (written === undefined) return say(`docs/providers.md has no ${BEGIN} … ${END}`);
    writeFileSync(PAGE, written);
  }
  if (flag === '--check' && !isCurrent(page))
    return say('The table of docs/providers.md is not what the code says: npm exec tsx scripts/providers-table.ts -- --write');
  return 0;
}

function say(message: string): number {
  console.error(message);
  return 1;
}

if (argv[1] === fileURLToPath(import.meta.url)) exit(run(argv[2]));

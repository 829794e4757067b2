/** Formats that Converse knows, by media type. */
const BY_TYPE: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/x-markdown': 'md',
};
const BY_ENDING: Readonly<Record<string, string>> = {
  pdf: 'pdf',
  csv: 'csv',
  doc: 'doc',
  docx: 'docx',
  xls: 'xls',
  xlsx: 'xlsx',
  html: 'html',
  htm: 'html',
  txt: 'txt',
  json: 'txt',
  xml: 'txt',
  yaml: 'txt',
  yml: 'txt',
  log: 'txt',
  md: 'md',
  markdown: 'md',
};
const LONGEST_NAME = 200;

/** By the media type, else by what the file is called; data without either is taken for a PDF. `undefined`: Converse has no word for it. */
export function toDocumentFormat(mediaType: string, filename: unknown): string | undefined {
  if (Object.hasOwn(BY_TYPE, mediaType)) return BY_TYPE[mediaType];
  const ending = typeof filename === 'string' ? (/\.([a-z0-9]+)$/i.exec(filename)?.[1]?.toLowerCase() ?? '') : '';
  if (Object.hasOwn(BY_ENDING, ending)) return BY_ENDING[ending];
  if (mediaType.startsWith('text/') || /^application\/(json|xml|yaml|x-yaml|x-ndjson)$/.test(mediaType)) return 'txt';
  return mediaType === '' && ending === '' ? 'pdf' : undefined;
}

/** Names as Converse takes them: letters, digits, single spaces, hyphens and brackets, each once in a request. */
export class DocumentNames {
  readonly #taken = new Set<string>();

  toName(filename: unknown): string {
    const stem = typeof filename === 'string' ? filename.replace(/\.[a-z0-9]{1,8}$/i, '') : '';
    const plain = stem
      .replaceAll(/[^A-Za-z0-9\s\-()[\]]/g, '-')
      .replaceAll(/\s+/g, ' ')
      .slice(0, LONGEST_NAME - 10)
      .trim();
    const wanted = plain === '' ? 'document' : plain;
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${wanted} (${count})`;
    this.#taken.add(name);
    return name;
  }
}

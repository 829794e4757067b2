import { isLoose, type Loose } from './loose.ts';

/** Who wrote a piece of reasoning (`format`), where this client made it of another protocol's reply. */
export const FORMATS = {
  /** Anthropic, and Claude on other clouds, which take it back. */
  claude: 'anthropic-claude-v1',
  google: 'google-gemini-v1',
  cohere: 'cohere-v2',
  /** Other models on Bedrock. */
  bedrock: 'amazon-bedrock-v1',
} as const;

/**
 * The details of these formats, in their order. Callers who put streams together themselves may have left the pieces apart: those of one index
 * are one.
 */
export function joinDetails(details: unknown, isRead: (format: unknown) => boolean): readonly Loose[] {
  if (!Array.isArray(details)) return [];
  const joined: Record<string, unknown>[] = [];
  for (const detail of (details as unknown[]).filter(isLoose)) {
    if (!isRead(detail['format'])) continue;
    const last = joined.at(-1);
    const isSame =
      last !== undefined && typeof detail['index'] === 'number' && last['index'] === detail['index'] && last['type'] === detail['type'];
    if (isSame) for (const field of ['text', 'signature', 'data']) last[field] = concat(last[field], detail[field]);
    else joined.push({ ...detail });
  }
  return joined;
}

function concat(before: unknown, more: unknown): unknown {
  return typeof before === 'string' && typeof more === 'string' ? before + more : (more ?? before);
}

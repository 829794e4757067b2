import type { Provider } from '../provider.ts';

/** Vertex AI serves the same methods below its publishers; embeddings, labels and ids of calls differ. */
export function isVertex({ baseURL }: Pick<Provider, 'baseURL'>): boolean {
  return /\/publishers\/[\w-]+$/.test(baseURL);
}

/** Vertex's stable version lacks fields that its beta and AI Studio have, and refuses what it does not know. */
export function isVertexStable(provider: Pick<Provider, 'baseURL'>): boolean {
  return isVertex(provider) && /\/v1\/(.{1,200}\/)?publishers\/[\w-]+$/.test(provider.baseURL);
}

/** `/models/gemini-2.5-flash:generateContent`. The name is one segment, whatever it holds: it cannot leave the path or begin a query. */
export function toModelPath(model: string, method: string): string {
  const { collection, name } = readModelName(model);
  return `/${collection}/${encodeSegment(name)}:${method}`;
}

/** The resource name that bodies want: `models/gemini-embedding-001`. */
export function toResourceName(model: string): string {
  const { collection, name } = readModelName(model);
  return `${collection}/${name}`;
}

/** The name as users know it, of a resource name as Google lists it. */
export function toBareName(resource: string): string {
  return resource.replace(/^(?:publishers\/google\/)?models\//, '');
}

function readModelName(model: string): { readonly collection: string; readonly name: string } {
  const name = toBareName(model);
  return name.startsWith('tunedModels/')
    ? { collection: 'tunedModels', name: name.slice('tunedModels/'.length) }
    : { collection: 'models', name };
}

/** Half a character cannot be encoded and is in no model's name. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\u{fffd}'));
}

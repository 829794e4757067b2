import type { Provider } from '../provider.ts';

/** Vertex AI serves the same methods below its publishers; embeddings, labels and ids of calls differ. */
export function isVertex({ baseURL }: Pick<Provider, 'baseURL'>): boolean {
  return /\/publishers\/[\w-]+$/.test(baseURL);
}

/** Vertex's stable version lacks fields that its beta and AI Studio have, and refuses what it does not know. */
export function isVertexStable(provider: Pick<Provider, 'baseURL'>): boolean {
  return isVertex(provider) && /\/v1\/(.{1,200}\/)?publishers\/[\w-]+$/.test(provider.baseURL);
}

/** Vertex's full names of models: other publishers', tuned ones behind endpoints, and those of another project. */
const RESOURCE = /^(projects\/[\w:-][\w.:-]*\/locations\/[\w-]+\/)?(publishers\/[\w-]+\/models|endpoints)\/(.+)$/;

/** Where a model's method is: below the base URL, or, on Vertex, where the model's full name says. */
export function toAddress(provider: Provider, model: string, method: string): { readonly provider: Provider; readonly path: string } {
  const named = isVertex(provider) ? RESOURCE.exec(model) : null;
  if (named === null) return { provider, path: toModelPath(model, method) };
  const [, project = '', collection = '', name = ''] = named;
  const scope = provider.baseURL.replace(/\/publishers\/[\w-]+$/, '');
  const baseURL = project === '' ? scope : scope.replace(/\/projects\/[^/]+\/locations\/[^/]+$/, '');
  return { provider: { ...provider, baseURL }, path: `/${project}${collection}/${encodeSegment(name)}:${method}` };
}

/** `/models/gemini-2.5-flash:generateContent`. The name is one segment, whatever it holds: it cannot leave the path or begin a query. */
function toModelPath(model: string, method: string): string {
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

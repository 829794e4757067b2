import type { Auth } from '../../wire/types.ts';
import { google as protocol } from '../google/google.ts';
import { charging } from './charging.ts';
import { checkLabel, checkSegment } from './names.ts';
import { atOrigin, hosted, type Given, type Place } from './row.ts';

const STUDIO = 'https://generativelanguage.googleapis.com';

/** Vertex takes access tokens, and the keys of its express mode. */
const VERTEX_AUTH: Auth = {
  kind: 'header',
  header: 'authorization',
  prefix: 'Bearer ',
  unless: [{ looks: /^(AIza|AQ\.)/, header: 'x-goog-api-key', prefix: '' }],
};

/**
 * Gemini at AI Studio; with a `project` or a `location` at Vertex, where a location alone is the express mode, whose keys know their
 * project. Google's own variables for both count where `GOOGLE_GENAI_USE_VERTEXAI` says so.
 */
export const google = hosted(protocol, STUDIO, 'GEMINI', {
  keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY', 'GOOGLE_GENAI_API_KEY'],
  variables: ['GEMINI_BASE_URL', 'GOOGLE_GEMINI_BASE_URL'],
  hosts: ['generativelanguage.googleapis.com', 'aiplatform.googleapis.com'],
  options: ['project', 'location', 'apiVersion'],
  charging: charging.google,
  auth: {
    kind: 'header',
    header: 'x-goog-api-key',
    prefix: '',
    unless: [{ looks: /^ya29\./, header: 'authorization', prefix: 'Bearer ' }],
  },
  locate,
});

function locate(given: Given): Place {
  const { baseURL, apiVersion, variable } = given;
  const isVertexMeant = /^(true|1)$/i.test(variable(['GOOGLE_GENAI_USE_VERTEXAI']) ?? '');
  const project = given.project ?? (isVertexMeant ? variable(['GOOGLE_CLOUD_PROJECT']) : undefined);
  const location = given.location ?? (isVertexMeant ? variable(['GOOGLE_CLOUD_LOCATION']) : undefined);
  if (!isVertexMeant && project === undefined && location === undefined)
    return { baseURL: atOrigin(baseURL ?? STUDIO, `/${apiVersion ?? 'v1beta'}`), ...(isAtVertex(baseURL) ? { auth: VERTEX_AUTH } : {}) };
  const region = checkLabel(given.name, 'location', location ?? 'global');
  const scope = project === undefined ? '' : `/projects/${checkSegment(given.name, 'project', project)}/locations/${region}`;
  const origin = baseURL ?? (project === undefined ? vertexOf('global') : vertexOf(region));
  return { baseURL: atOrigin(origin, `/${apiVersion ?? 'v1'}${scope}/publishers/google`), auth: VERTEX_AUTH };
}

/** Regions have a host each, the two multi-regions hosts of their own kind. */
function vertexOf(region: string): string {
  if (region === 'global') return 'https://aiplatform.googleapis.com';
  if (region === 'us' || region === 'eu') return `https://aiplatform.${region}.rep.googleapis.com`;
  return `https://${region}-aiplatform.googleapis.com`;
}

function isAtVertex(baseURL: string | undefined): boolean {
  return (
    baseURL !== undefined && URL.canParse(baseURL) && /(^|-)aiplatform\.([a-z]+\.rep\.)?googleapis\.com$/.test(new URL(baseURL).hostname)
  );
}

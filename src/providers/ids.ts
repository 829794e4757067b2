import { toPrintable } from '../printable.ts';
import type { WireHeaders } from '../wire/types.ts';
import type { Ids } from './provider.ts';

/** The provider's own first, then what stands before it: a proxy's id finds nothing in the provider's logs. */
const REQUEST_IDS = [
  'x-request-id',
  'request-id',
  'apim-request-id',
  'x-amzn-requestid',
  'x-amz-request-id',
  'x-ms-request-id',
  'x-goog-request-id',
  'x-litellm-call-id',
  'x-correlation-id',
  'x-correlationid',
  'x-trace-id',
  'x-b3-traceid',
  'x-vercel-id',
  'x-cloud-trace-context',
  'cf-ray',
];
const ORGANIZATIONS = ['openai-organization', 'anthropic-organization-id', 'x-fireworks-account-id'];
/** Keys of one project share their limits, so only names are taken whose meaning is known: a gateway's `x-project-id` may be its own. */
const PROJECTS = ['openai-project', 'anthropic-workspace-id'];

/** The provider's ids of the exchange and of the account behind the key. Cleaned before they are cut, as half a secret is not found. */
export function readIds(headers: WireHeaders, clean = (text: string): string => text): Ids {
  const requestId = firstOf(headers, REQUEST_IDS, clean, 120);
  const organization = firstOf(headers, ORGANIZATIONS, clean, 100);
  const project = firstOf(headers, PROJECTS, clean, 100);
  const ids: { requestId?: string; organization?: string; project?: string } = {};
  if (requestId !== undefined) ids.requestId = requestId;
  if (organization !== undefined) ids.organization = organization;
  if (project !== undefined) ids.project = project;
  return ids;
}

function firstOf(headers: WireHeaders, names: readonly string[], clean: (text: string) => string, longest: number): string | undefined {
  for (const name of names) {
    const text = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (text !== undefined && text.trim() !== '') return toPrintable(clean(text), longest);
  }
  return undefined;
}

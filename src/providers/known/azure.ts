import { dialects } from '../openai/dialects.ts';
import { createOpenAI } from '../openai/openai.ts';
import { charging } from './charging.ts';
import { hosted, type Given, type Place } from './row.ts';
import { checkLabel } from './names.ts';

/**
 * Azure has an address for each resource. With an `apiVersion` a deployment is part of the address; without one, and for the versions
 * that are named instead of dated, it is the model.
 */
export const azure = hosted(createOpenAI(dialects.azure), undefined, 'AZURE', {
  keys: ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'],
  variables: ['AZURE_OPENAI_BASE_URL', 'AZURE_BASE_URL'],
  hosts: ['openai.azure.com', 'services.ai.azure.com', 'cognitiveservices.azure.com'],
  options: ['apiVersion'],
  charging: charging.azure,
  auth: {
    kind: 'header',
    header: 'api-key',
    prefix: '',
    // Tokens of Entra.
    unless: [{ looks: /^eyJ[\w-]+\./, header: 'authorization', prefix: 'Bearer ' }],
  },
  locate,
});

function locate({ name, baseURL, apiVersion, variable }: Given): Place {
  const path = apiVersion === undefined || /^(v1|preview|latest)$/.test(apiVersion) ? '/openai/v1' : '/openai';
  const address = baseURL ?? variable(['AZURE_OPENAI_ENDPOINT']) ?? ofResource(name, variable(['AZURE_RESOURCE_NAME']));
  if (address === undefined) return { missing: 'set it, or one of AZURE_RESOURCE_NAME, AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_BASE_URL' };
  return { baseURL: complete(address, path) };
}

function ofResource(provider: string, resource: string | undefined): string | undefined {
  return resource === undefined ? undefined : `https://${checkLabel(provider, 'AZURE_RESOURCE_NAME', resource)}.openai.azure.com`;
}

/** The portal shows addresses with and without their path. */
function complete(address: string, path: string): string {
  if (!URL.canParse(address)) return address;
  const { pathname, search, hash } = new URL(address);
  if (search !== '' || hash !== '') return address;
  return /^\/(openai(\/v1)?\/?)?$/.test(pathname) ? address.replace(/\/+$/, '').replace(/\/openai(\/v1)?$/, '') + path : address;
}

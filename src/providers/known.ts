import { anthropic as anthropicProtocol } from './anthropic/anthropic.ts';
import { bedrock as bedrockProtocol } from './bedrock/bedrock.ts';
import { cohere as cohereProtocol } from './cohere/cohere.ts';
import { google as googleProtocol } from './google/google.ts';
import { azure } from './known/azure.ts';
import { bedrock } from './known/bedrock.ts';
import { charging } from './known/charging.ts';
import { google } from './known/google.ts';
import { atOrigin, hosted, isAt, type KnownProvider } from './known/row.ts';
import { compatible, googleCompatible, servers, services } from './known/services.ts';
import { openai as openaiProtocol } from './openai/openai.ts';
import type { Protocol, ProtocolName } from './provider.ts';

export { isAt } from './known/row.ts';
export type { Given, KnownProvider, Place, SpecialOption } from './known/row.ts';

/** Protocols by name, as servers speak them of which nothing else is known. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  openai: openaiProtocol,
  anthropic: anthropicProtocol,
  google: googleProtocol,
  cohere: cohereProtocol,
  bedrock: bedrockProtocol,
};

const ANTHROPIC = 'https://api.anthropic.com';

const anthropic = hosted(anthropicProtocol, ANTHROPIC, 'ANTHROPIC', {
  options: ['apiVersion'],
  charging: charging.anthropic,
  auth: {
    kind: 'header',
    header: 'x-api-key',
    prefix: '',
    unless: [{ looks: /^sk-ant-oat/, header: 'authorization', prefix: 'Bearer ' }],
  },
  // Its own SDK is given the host alone.
  locate: ({ baseURL }) => ({ baseURL: atOrigin(baseURL ?? ANTHROPIC, '/v1') }),
});

const cohere = hosted(cohereProtocol, 'https://api.cohere.com', 'COHERE', {
  keys: ['COHERE_API_KEY', 'CO_API_KEY'],
  variables: ['COHERE_BASE_URL', 'CO_API_URL'],
  hosts: ['api.cohere.com', 'api.cohere.ai'],
});

const { openai, mistral, ...others } = services;

/** Known providers: a provider is one row. */
export const knownProviders: Readonly<Record<string, KnownProvider>> = {
  // Not a plain `{}`: `constructor` is no provider.
  __proto__: null as never,
  openai,
  anthropic,
  google,
  mistral,
  cohere,
  azure,
  bedrock,
  ...others,
  ...servers,
};

/** Rows of the protocols themselves: for providers of the user's own name at addresses that nobody knows. */
const PROTOCOL_ROWS: Readonly<Record<ProtocolName, KnownProvider>> = { openai: compatible, anthropic, google, cohere, bedrock };

/**
 * The row of a provider that has a name of the user's own: that of the service at this host, else the protocol's. Its variables are
 * not read, as they belong to the name.
 */
export function rowAt(protocol: ProtocolName, baseURL: string | undefined): KnownProvider {
  const rows = [...Object.values(knownProviders), googleCompatible].filter((row) => row.protocol.name === protocol);
  return rows.find((row) => isAt(baseURL, row.hosts)) ?? PROTOCOL_ROWS[protocol];
}

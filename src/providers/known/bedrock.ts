import { bedrock as protocol } from '../bedrock/bedrock.ts';
import { charging } from './charging.ts';
import { checkLabel } from './names.ts';
import { hosted, type Given, type Place, type ReadVariable } from './row.ts';

const REGIONS = ['AWS_REGION', 'AWS_DEFAULT_REGION'];

/** Bedrock takes its own bearer keys, and AWS's access keys, whose parts are one secret here: `ID:SECRET[:SESSION]`. */
export const bedrock = hosted(protocol, undefined, 'BEDROCK', {
  keys: ['AWS_BEARER_TOKEN_BEDROCK'],
  compose,
  variables: ['BEDROCK_BASE_URL', 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME'],
  hosts: ['amazonaws.com', 'amazonaws.com.cn'],
  options: ['region'],
  charging: charging.bedrock,
  locate,
});

function compose(variable: ReadVariable): string | undefined {
  const id = variable(['AWS_ACCESS_KEY_ID']);
  const secret = variable(['AWS_SECRET_ACCESS_KEY']);
  const session = variable(['AWS_SESSION_TOKEN']);
  if (id === undefined || secret === undefined) return undefined;
  return session === undefined ? `${id}:${secret}` : `${id}:${secret}:${session}`;
}

function locate({ name, baseURL, region: given, variable }: Given): Place {
  const region = checkLabel(name, 'region', given ?? regionOf(baseURL) ?? variable(REGIONS) ?? 'us-east-1');
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    baseURL: baseURL ?? `https://bedrock-runtime.${region}.${domain}`,
    auth: { kind: 'aws', region, service: 'bedrock' },
  };
}

/** What is signed for another region than the host's is refused. */
function regionOf(baseURL: string | undefined): string | undefined {
  if (baseURL === undefined || !URL.canParse(baseURL)) return undefined;
  return /(?:^|\.)bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(new URL(baseURL).hostname)?.[1];
}

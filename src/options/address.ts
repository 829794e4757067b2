import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';

/** An address as it is sent to: parsed, without slashes at its end. */
export function toAddress(name: string, baseURL: string): string {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined;
  if (
    url === undefined ||
    (url.protocol !== 'http:' && url.protocol !== 'https:') ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw new ConfigError(
      `Cannot create the client as 'providers.${name}.baseURL' must be an http or https URL without query, hash and user: current value is ${describe(baseURL, url)}`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** Query and user may be a key, and so may a text that is no address at all: none of them is shown. */
function describe(baseURL: string, url: URL | undefined): string {
  if (url === undefined) return /[./:]/.test(baseURL) ? toShown(baseURL) : 'no URL';
  const hidden = [
    url.username + url.password === '' ? '' : 'a user',
    url.search === '' ? '' : 'a query',
    url.hash === '' ? '' : 'a hash',
  ].filter((part) => part !== '');
  const address = toShown(`${url.protocol}${url.host === '' ? '' : '//'}${url.host}${url.pathname}`);
  return hidden.length === 0 ? address : `${address} with ${hidden.join(' and ')}`;
}

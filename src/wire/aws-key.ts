/** A secret of AWS: an id that names the key, the secret itself, and for temporary credentials their token. */
export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

const COMPOSITE = /^([A-Z0-9]{16,128}):([^:\s]+)(?::([^:\s]+))?$/;

/** `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`; `undefined` for any other text, which is a bearer key. */
export function readAwsKey(text: string): AwsKey | undefined {
  const [, accessKeyId, secretAccessKey, sessionToken] = COMPOSITE.exec(text) ?? [];
  return accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey, sessionToken };
}

/** True for what begins like such a secret. */
export function isAwsKey(text: string): boolean {
  return /^[A-Z0-9]{16,128}:/.test(text);
}

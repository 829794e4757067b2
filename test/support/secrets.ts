import { inspect } from 'node:util';
import type { Client, ClientEvent } from '../../src/index.ts';
import { EVENT_NAMES } from '../../src/options/listener.ts';

/** Every way in which something becomes text. */
export function textsOf(value: unknown): readonly string[] {
  const texts = [inspect(value, { depth: 10, showHidden: true, maxStringLength: null, maxArrayLength: null }), String(value)];
  if (value instanceof Error) texts.push(value.message, value.stack ?? '', ...textsOf(value.cause));
  if (value instanceof AggregateError) texts.push(...(value.errors as unknown[]).flatMap(textsOf));
  for (const field of ['report', 'body', 'partial', 'keys']) {
    const inner: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
    if (inner !== undefined) texts.push(JSON.stringify(inner) ?? '');
  }
  texts.push(JSON.stringify(value) ?? '');
  return texts;
}

/** A secret as an echo may spell it. */
export function formsOf(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(encodeURIComponent(secret)),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    encodeURI(secret),
  ];
}

/** Takes down everything that a client's events let out, what their functions give included. */
export function listen(client: Client) {
  const texts: string[] = [];
  const note = (value: unknown): void => void texts.push(...textsOf(value));
  const noteEvent = (payload: object): void => {
    note(payload);
    for (const value of Object.values(payload)) if (typeof value === 'function') note((value as () => unknown)());
  };
  for (const name of EVENT_NAMES) client.on(name, noteEvent);
  const onEvent = (event: ClientEvent): void => noteEvent(event);
  return { texts, note, onEvent };
}

/** Where the secrets stand in the texts, with what is around them. */
export function leaksIn(texts: readonly string[], secrets: readonly string[]): readonly string[] {
  const forms = [...new Set(secrets.flatMap(formsOf))];
  return texts.flatMap((text) => forms.filter((form) => text.includes(form)).map((form) => `${form} in ${excerpt(text, form)}`));
}

function excerpt(text: string, form: string): string {
  const at = text.indexOf(form);
  return text.slice(Math.max(0, at - 120), at + form.length + 20);
}

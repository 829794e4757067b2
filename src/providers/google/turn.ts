import type { AssistantMessage } from '../../chat/request.ts';
import { isLoose, type Loose } from '../loose.ts';
import { parseArguments, readDataUrl, toCut, toWrong } from '../parts.ts';
import { FORMAT, readExtraContent, readSignature, signed } from './signatures.ts';
import { thinksByLevel } from './thinking.ts';

/** Around one assistant message. */
export interface Turn {
  readonly at: string;
  readonly model: string;
  /** Calls and their results carry ids. */
  readonly withIds: boolean;
  /** Its content in Google's words; `undefined` where it is a plain text. */
  readonly parts: readonly Loose[] | undefined;
  /** Remembers what a call's id stands for. */
  readonly name: (id: string, name: string) => void;
}

/** Google's own word for a call that was not signed, as another model made it: from the third generation on, calls must be. */
const UNSIGNED = 'skip_thought_signature_validator';

/**
 * What the model said before, as Google wants it back: thoughts, text, images and calls with their signatures, in the order in which
 * they came where it was another one. Reasoning and signatures of other providers are left out.
 */
export function toModelParts(message: AssistantMessage, turn: Turn): readonly Loose[] {
  const pieces: Pieces = {
    thoughts: toThoughts(message['reasoning_details']),
    text: typeof message.content === 'string' ? message.content : '',
    images: toImages(message['images']),
    calls: toCalls(message, turn),
    others: toOthers(message),
  };
  const { thoughts, images, calls } = pieces;
  const ordered = inOrder(readExtraContent(message)['order'], pieces);
  if (ordered !== undefined && turn.parts === undefined) return ordered;
  return [...thoughts, ...toText(message, pieces.text, turn), ...images, ...calls, ...pieces.others];
}

interface Pieces {
  readonly thoughts: readonly Loose[];
  readonly text: string;
  readonly images: readonly Loose[];
  readonly calls: readonly Loose[];
  readonly others: readonly Loose[];
}

function toText(message: AssistantMessage, text: string, { parts }: Turn): readonly Loose[] {
  const signature = readSignature(message);
  if (parts !== undefined && parts.length > 0) return signature === undefined ? parts : [...parts, { text: '', ...signed(signature) }];
  const said = text === '' && typeof message.refusal === 'string' ? message.refusal : text;
  return said === '' && signature === undefined ? [] : [{ text: said, ...signed(signature) }];
}

/** Pieces of one thought may have come apart; they are joined by their index. */
function toThoughts(details: unknown): readonly Loose[] {
  const thoughts = new Map<unknown, { text: string; signature: string }>();
  for (const detail of Array.isArray(details) ? (details as unknown[]) : []) {
    if (!isLoose(detail) || detail['format'] !== FORMAT || detail['type'] !== 'reasoning.text') continue;
    const { index, text, signature } = detail;
    const key = index ?? detail;
    const thought = thoughts.get(key) ?? { text: '', signature: '' };
    if (typeof text === 'string') thought.text += text;
    if (typeof signature === 'string') thought.signature += signature;
    thoughts.set(key, thought);
  }
  return [...thoughts.values()].map(({ text, signature }) => ({ text, thought: true, ...signed(signature || undefined) }));
}

function toImages(images: unknown): readonly Loose[] {
  return (Array.isArray(images) ? (images as unknown[]) : []).flatMap((image) => {
    const url = isLoose(image) && isLoose(image['image_url']) ? image['image_url']['url'] : undefined;
    const data = typeof url === 'string' ? readDataUrl(url) : undefined;
    return data === undefined ? [] : [{ inlineData: { mimeType: data.mediaType, data: data.data }, ...signed(readSignature(image)) }];
  });
}

/** Parts that only Google reads, as they came from it. */
function toOthers(message: AssistantMessage): readonly Loose[] {
  const { parts } = readExtraContent(message);
  return Array.isArray(parts) ? (parts as unknown[]).filter(isLoose) : [];
}

function toCalls(message: AssistantMessage, turn: Turn): readonly Loose[] {
  const older = message['function_call'];
  const asked: readonly unknown[] = message.tool_calls ?? (isLoose(older) ? [{ function: older }] : []);
  const calls = asked.map((call, position) => toCall(call, `${turn.at}.tool_calls[${position}]`, message, turn));
  const [first, ...rest] = calls;
  // The first call of a step stands for all of them.
  if (first === undefined || !thinksByLevel(turn.model) || first['thoughtSignature'] !== undefined) return calls;
  return [{ ...first, thoughtSignature: UNSIGNED }, ...rest];
}

function toCall(call: unknown, at: string, message: AssistantMessage, turn: Turn): Loose {
  const said = isLoose(call) && isLoose(call['function']) ? call['function'] : undefined;
  const id = isLoose(call) && typeof call['id'] === 'string' && call['id'] !== '' ? call['id'] : undefined;
  if (typeof said?.['name'] !== 'string') throw toWrong(at, 'must be the call of a function', call);
  const { name } = said;
  const args = parseArguments(said['arguments']);
  if (args === undefined) throw toCut(at, said['arguments']);
  if (id !== undefined) turn.name(id, name);
  const signature = readSignature(call) ?? findEncrypted(message['reasoning_details'], id);
  const ids = id === undefined || !turn.withIds ? {} : { id };
  return { functionCall: { ...ids, name, args }, ...signed(signature) };
}

/** Gateways keep the signature of a call in a detail that names the call. */
function findEncrypted(details: unknown, id: string | undefined): string | undefined {
  if (id === undefined || !Array.isArray(details)) return undefined;
  const found = (details as unknown[]).find((detail) => isLoose(detail) && detail['format'] === FORMAT && detail['id'] === id);
  return isLoose(found) && typeof found['data'] === 'string' ? found['data'] : undefined;
}

/** `undefined` when the message is not what it was when the order was written down. */
function inOrder(order: unknown, pieces: Pieces): readonly Loose[] | undefined {
  if (!Array.isArray(order)) return undefined;
  const parts: Loose[] = [];
  const used = new Set<Loose>();
  let read = 0;
  for (const entry of order as unknown[]) {
    const part = isLoose(entry) ? find(entry, pieces, read) : undefined;
    if (part === undefined || used.has(part)) return undefined;
    if (isLoose(entry) && typeof entry['text'] === 'number') read += entry['text'];
    used.add(part);
    parts.push(part);
  }
  const { thoughts, text, images, calls, others } = pieces;
  const isAll = read === text.length && [...thoughts, ...images, ...calls, ...others].every((piece) => used.has(piece));
  return isAll ? parts : undefined;
}

function find(entry: Loose, { thoughts, text, images, calls, others }: Pieces, from: number): Loose | undefined {
  const { reasoning, text: length, thought_signature: signature, image, tool_call: call, part } = entry;
  if (typeof reasoning === 'number') return thoughts[reasoning];
  if (typeof image === 'number') return images[image];
  if (typeof call === 'number') return calls[call];
  if (typeof part === 'number') return others[part];
  if (typeof length !== 'number') return undefined;
  return { text: text.slice(from, from + length), ...signed(typeof signature === 'string' ? signature : undefined) };
}

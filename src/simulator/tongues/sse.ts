import type { Chunks, StreamEvent } from './tongue.ts';

/** The media type of server-sent events. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** Server-sent events, with their names where they have some. */
export function toSse(chunks: Chunks): readonly string[] {
  return chunks.map((events) => events.map(toEvent).join(''));
}

function toEvent({ event, data }: StreamEvent): string {
  const name = event === undefined ? '' : `event: ${event}\n`;
  return `${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

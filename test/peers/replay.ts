import type { ServerResponse } from 'node:http';
import { toEventFrame } from '../support/frames.ts';
import { startStub, type StubServer } from '../support/stub-server.ts';
import { linesOf, type Recording } from './sources.ts';

/** How the events of a stream go over the wire. */
export type Envelope = 'openai' | 'typed' | 'google' | 'frames';

/** A server that answers everything with one recording. */
export function startReplay(recording: Recording, envelope: Envelope): Promise<StubServer> {
  return startStub((request, response) => {
    request.resume();
    if (recording.kind === 'whole') {
      response.writeHead(200, { 'content-type': 'application/json', 'request-id': 'req-1' }).end(recording.text);
      return;
    }
    if (envelope === 'frames') writeFrames(response, recording);
    else writeEvents(response, recording, envelope);
  });
}

function writeEvents(response: ServerResponse, recording: Recording, envelope: Envelope): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const line of linesOf(recording)) {
    const type = envelope === 'typed' ? `event: ${String((JSON.parse(line) as { type?: unknown }).type)}\n` : '';
    response.write(`${type}data: ${line}\n\n`);
  }
  response.end(envelope === 'openai' ? 'data: [DONE]\n\n' : '');
}

function writeFrames(response: ServerResponse, recording: Recording): void {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  for (const line of linesOf(recording)) {
    for (const [event, payload] of Object.entries(JSON.parse(line) as Record<string, unknown>)) {
      response.write(toEventFrame(event, payload));
    }
  }
  response.end();
}

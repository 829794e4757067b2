import { request as send, type IncomingMessage, type RequestListener } from 'node:http';
import { readBody } from '../../support/stub-server.ts';

/** One request as it came over the wire, secrets and all. */
export interface Heard {
  readonly method: string;
  /** The path and its query. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Hands every request on to another server, and keeps what it heard: the simulator itself shows no secrets. */
export function wiretap(to: string, heard: Heard[]): RequestListener {
  return (asked, answer) => {
    void readBody(asked).then((body) => {
      const { method = '', url: target = '', headers } = asked;
      heard.push({ method, target, headers, body });
      const passing = send(to + target, { method, headers, agent: false }, (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      });
      passing.on('error', (error) => answer.destroy(error));
      passing.end(body);
    });
  };
}

/** The provider: a process of its own, on loopback, that answers at once. Prints its port to the parent. */
import { createServer } from 'node:http';
import { ANSWER, STREAM } from './traffic.ts';

const answer = Buffer.from(ANSWER);
const stream = Buffer.from(STREAM);
const firstEvent = Buffer.from(STREAM.slice(0, STREAM.indexOf('\n\n') + 2));
const PLAIN = { 'content-type': 'application/json', 'content-length': answer.byteLength } as const;
/** What OpenAI tells of a quota that is never near its end. */
const TOLD = {
  ...PLAIN,
  'openai-processing-ms': '12',
  'x-ratelimit-limit-requests': '30000',
  'x-ratelimit-limit-tokens': '150000000',
  'x-ratelimit-remaining-requests': '29999',
  'x-ratelimit-remaining-tokens': '149998000',
  'x-ratelimit-reset-requests': '2ms',
  'x-ratelimit-reset-tokens': '0s',
  'x-request-id': 'req_5f1c1f0d9a1e4c7f8b9a',
} as const;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url?.startsWith('/never') === true) return;
    if (Buffer.concat(chunks).includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (request.url?.startsWith('/held') === true) response.write(firstEvent);
      else response.end(stream);
      return;
    }
    response.writeHead(200, request.url?.startsWith('/told') === true ? TOLD : PLAIN);
    response.end(answer);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});
process.on('disconnect', () => process.exit(0));

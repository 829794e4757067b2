/** The provider behind `node:http`, in a process of its own: `GET /bench/start?name=…&seed=…` begins a run, `GET /bench/tally` ends it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { cases } from './cases.ts';
import { furtherCases } from './further.ts';
import { createChance, seedOf } from './chance.ts';
import { createWay, readBody } from './network.ts';
import { Provider } from './provider.ts';
import { watchStrain, type Strain } from './strain.ts';
import { realTime } from './time.ts';

interface Running {
  readonly provider: Provider;
  readonly startAt: number;
  readonly until: number;
  readonly wayMs: () => number;
  readonly endStrain: () => Strain;
}

let running: Running | undefined;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (url.pathname === '/bench/start') {
    running = start(url.searchParams.get('name') ?? '', Number(url.searchParams.get('seed')));
    response.end('{}');
  } else if (running === undefined) response.writeHead(404).end();
  else if (url.pathname === '/bench/tally')
    response.end(JSON.stringify({ ...running.provider.tally(running.until), startAt: running.startAt, strain: running.endStrain() }));
  else answer(running, request, response);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
});

function start(name: string, seed: number): Running {
  const row = [...cases, ...furtherCases].find((known) => known.name === name);
  if (row === undefined) throw new TypeError(`Cannot start the case as there is none of its name: current value is ${name}`);
  const startAt = realTime.now();
  const chanceOf = (what: string): (() => number) => createChance(seedOf(`${name}/${what}`, seed));
  const provider = new Provider(row, chanceOf('provider'), startAt);
  return {
    provider,
    startAt,
    until: startAt + row.seconds * 1000,
    wayMs: createWay(chanceOf('network'), row.manners.jitterMs),
    endStrain: watchStrain(),
  };
}

/** Loopback has no way worth the name: it is added here, to what comes and to what goes. */
function answer({ provider, wayMs }: Running, request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const asked = readBody(Buffer.concat(chunks));
    realTime.after(wayMs(), () => {
      if (response.destroyed) return;
      const decision = provider.arrive({ key, ...asked }, realTime.now());
      response.on('close', () => {
        if (!response.writableFinished) decision.lose();
      });
      realTime.after(decision.serviceMs, () => {
        const { status, headers, body } = decision.end(realTime.now());
        realTime.after(wayMs(), () => response.writeHead(status, headers).end(body));
      });
    });
  });
}

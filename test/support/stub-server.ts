import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface StubServer {
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections that were ever opened. */
  readonly opened: number;
  /** Resolves when every connection is closed; a test that waits for ever says that one was left. */
  allClosed(): Promise<void>;
  close(): Promise<void>;
}

/** An HTTP server of one test, on a port of its own. */
export function startStub(listener: RequestListener): Promise<StubServer> {
  return listen(createServer({ keepAliveTimeout: 60_000 }, listener));
}

/** A server that accepts connections and says nothing, unless `onSocket` does. */
export function startMute(onSocket: (socket: Socket) => void = () => {}): Promise<StubServer> {
  const server = createTcpServer((socket) => {
    // Without reading, the end of the connection would never be seen.
    socket.resume();
    onSocket(socket);
  });
  return listen(server);
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function listen(server: Server): Promise<StubServer> {
  const sockets = new Set<Socket>();
  const waiters = new Set<() => void>();
  let opened = 0;
  server.on('connection', (socket: Socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      if (sockets.size > 0) return;
      for (const waiter of waiters) waiter();
      waiters.clear();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    sockets,
    get opened() {
      return opened;
    },
    allClosed: () =>
      sockets.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiters.add(resolve);
          }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

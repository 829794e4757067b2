/** Loaded before the gateway, which would listen on every interface: it gets loopback and any free port, and tells what it burns. */
import { Server } from 'node:net';
import { cpuUsage } from 'node:process';

type Listen = (this: Server, ...given: unknown[]) => Server;

// Its overloads cannot be taken apart one by one.
const servers = Server.prototype as unknown as { listen: Listen };
const { listen } = servers;
servers.listen = function onLoopback(...given) {
  // The others have their turns between two of its own: a connection that it closed meanwhile would fail the run.
  if ('keepAliveTimeout' in this) this.keepAliveTimeout = 120_000;
  const ready = given.find((value) => typeof value === 'function');
  this.once('listening', () => {
    const address = this.address();
    if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
  });
  return listen.call(this, 0, '127.0.0.1', ready);
};

process.on('message', () => {
  const { user, system } = cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1_000 });
});
process.on('disconnect', () => process.exit(0));

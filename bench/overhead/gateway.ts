/** Portkey's gateway in a process of its own, asked by bare undici: what the client saves on its side the gateway pays on its own. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type * as Undici from 'undici';
import { loadOwn } from './build.ts';
import { nextMessage } from './messages.ts';
import type { OpenSut } from './sut.ts';
import { MODEL, QUESTION } from './traffic.ts';

interface Told {
  readonly port?: number;
  readonly cpuMs?: number;
}

export const openGateway: OpenSut = async ({ origin, dist }) => {
  const { Agent, request } = await loadOwn<typeof Undici>(dist, 'undici');
  const program = fileURLToPath(import.meta.resolve('@portkey-ai/gateway/build/start-server.js'));
  const preload = new URL('gateway-preload.js', import.meta.url).href;
  const gateway = fork(program, ['--headless'], { execArgv: ['--import', preload], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  process.on('exit', () => gateway.kill());
  const { port } = await nextMessage<Told>(gateway);
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  const dispatcher = new Agent();
  const headers = {
    authorization: 'Bearer sk-bench-0',
    'content-type': 'application/json',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${origin}/v1`,
  };
  return {
    call: async () => {
      const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: QUESTION }] });
      const answer = await request(url, { method: 'POST', headers, body, dispatcher });
      const text = await answer.body.text();
      if (answer.statusCode !== 200)
        throw new Error(`Cannot measure the gateway as it answered ${answer.statusCode}: ${text.slice(0, 200)}`);
      return JSON.parse(text) as unknown;
    },
    elsewhereMs: async () => {
      gateway.send('cpu');
      const { cpuMs = Number.NaN } = await nextMessage<Told>(gateway);
      return cpuMs;
    },
  };
};

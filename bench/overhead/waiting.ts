/** Calls that wait for a key: what each holds, how fast one signal ends them all, and whether they are served as they came. */
import type { Client } from '../../src/index.ts';
import { loadKeywheel } from './build.ts';
import { heapUsed } from './heap.ts';
import type { TaskInput } from './tasks.ts';
import { ANSWER, MODEL } from './traffic.ts';

const PATIENT = { maxWaitMs: Infinity, timeoutMs: Infinity } as const;

type Request = {
  readonly model: string;
  readonly messages: readonly { readonly role: 'user'; readonly content: string }[];
};

/** Heap of a waiting call beyond the caller's request, and the time to abort them all. `detail` is the length of a message. */
export async function measureWaiting({
  count,
  origin,
  dist,
  detail,
}: TaskInput): Promise<{ readonly bytes: number; readonly abortMs: number; readonly right: number }> {
  const { createClient } = await loadKeywheel(dist);
  const client = createClient({
    providers: { openai: { baseURL: `${origin}/never/v1`, keys: ['sk-bench'], limits: { concurrency: 1 } } },
    retry: PATIENT,
    env: {},
  });
  const requests = toRequests(count, Number(detail));
  const calls: Promise<unknown>[] = Array.from({ length: count }, () => Promise.resolve());
  const controller = new AbortController();
  const { signal } = controller;
  // What the first call sets up is not a waiting call's.
  const first = client.chat(toRequests(1, 10)[0] as Request, { signal }).catch(() => {});
  const before = await heapUsed();
  for (const [index, request] of requests.entries()) calls[index] = client.chat(request, { signal });
  const bytes = ((await heapUsed()) - before) / count;
  const reason = new Error('It was enough');
  let right = 0;
  const over = calls.map((call) =>
    call.then(
      () => {},
      (error: unknown) => void (right += error === reason ? 1 : 0),
    ),
  );
  const startedAt = performance.now();
  controller.abort(reason);
  await Promise.all(over);
  const abortMs = performance.now() - startedAt;
  await first;
  return { bytes, abortMs, right };
}

/** Lets calls wait behind one, then serves them one by one with an answer at hand. */
export async function measureOrder({ count, dist }: TaskInput): Promise<{ readonly inOrder: boolean; readonly usEach: number }> {
  const { createClient } = await loadKeywheel(dist);
  const served: number[] = [];
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const answer: typeof fetch = async (_, init) => {
    // Our own request: its one message begins with its number.
    const { messages } = JSON.parse(await new Response(init?.body ?? null).text()) as Request;
    served.push(Number.parseInt(messages[0]?.content ?? '', 10));
    await gate;
    return new Response(ANSWER, { headers: { 'content-type': 'application/json' } });
  };
  const client: Client = createClient({
    providers: { openai: { keys: ['sk-bench'], limits: { concurrency: 1 } } },
    retry: PATIENT,
    fetch: answer,
    env: {},
  });
  const calls = toRequests(count, 20).map((request) => client.chat(request));
  await heapUsed();
  const startedAt = performance.now();
  release();
  await Promise.all(calls);
  return { inOrder: served.every((number, index) => number === index), usEach: ((performance.now() - startedAt) * 1_000) / count };
}

function toRequests(count: number, length: number): readonly Request[] {
  return [...Array(count).keys()].map((index) => {
    // Written out, so that no request shares its text with another.
    const content = Buffer.from(`${index} ${'x'.repeat(length)}`).toString('latin1');
    return { model: `openai/${MODEL}`, messages: [{ role: 'user', content }] };
  });
}

import type { CallReport, Client } from 'keywheel';
import { MODEL, toAnswer } from './world.ts';

/** One call of the demo. */
export interface PlannedCall {
  readonly question: string;
  readonly stream: boolean;
}

/** A call that was answered. */
export interface Answered {
  readonly ms: number;
  readonly report: CallReport;
}

/** So many callers at once, each with one call after the other. */
const CALLERS = 24;

/** `count` calls, every second one streamed. Some ask again what was asked shortly before, or a while ago. */
export function planCalls(count: number): readonly PlannedCall[] {
  return Array.from({ length: count }, (_, index) => {
    const earlier = index % 10 === 0 ? index - 11 : index % 10 === 5 ? index - 61 : index;
    return { question: `What is ${earlier >= 0 ? earlier : index} times 12?`, stream: index % 2 === 1 };
  });
}

/** Makes all calls. A call that fails does not stop the others; an abort does. */
export async function makeCalls(
  client: Client,
  calls: readonly PlannedCall[],
  on: { readonly signal: AbortSignal; readonly answered: (answered: Answered) => void; readonly failed: (error: unknown) => void },
): Promise<void> {
  const left = calls.values();
  const caller = async (): Promise<void> => {
    // All callers draw from one iterator, so that each call is made once.
    for (const call of left) {
      if (on.signal.aborted) return;
      try {
        on.answered(await makeCall(client, call, on.signal));
      } catch (error) {
        on.failed(error);
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

async function makeCall(client: Client, { question, stream }: PlannedCall, signal: AbortSignal): Promise<Answered> {
  const startedAt = performance.now();
  const request = { model: `demo/${MODEL}`, messages: [{ role: 'user', content: question }] } as const;
  const reply = stream ? await (await client.chat({ ...request, stream }, { signal })).reply() : await client.chat(request, { signal });
  if (reply.text !== toAnswer(question)) throw new Error(`'${question}' was answered with '${reply.text}'`);
  return { ms: performance.now() - startedAt, report: reply.report };
}

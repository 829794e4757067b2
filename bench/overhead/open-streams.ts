/** What somebody holds who has read the first chunk of a stream and waits for the second. */
import { heapUsed } from './heap.ts';
import { isSutName, SUTS } from './suts.ts';
import type { TaskInput } from './tasks.ts';

/** `detail` is the system. */
export async function measureOpenStreams({ count, origin, dist, detail }: TaskInput): Promise<{ readonly bytes: number }> {
  if (!isSutName(detail)) throw new TypeError(`There is no system '${detail}'`);
  const { hold } = await SUTS[detail].open({ origin: `${origin}/held`, dist, against: '' });
  if (hold === undefined) throw new TypeError(`'${detail}' holds no streams`);
  const held: unknown[] = [];
  // What the first ones set up is not a stream's. Ten at a time, as nobody opens a thousand sockets at once.
  const open = async (): Promise<void> => void held.push(...(await Promise.all(Array.from({ length: 10 }, hold))));
  for (let opened = 0; opened < 50; opened += 10) await open();
  const before = await heapUsed();
  for (let opened = 0; opened < count; opened += 10) await open();
  return { bytes: ((await heapUsed()) - before) / (held.length - 50) };
}

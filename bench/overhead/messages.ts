import type { ChildProcess } from 'node:child_process';

/** The next message of a child; rejects with what failed there, and when it ends. */
export function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (message: unknown): void => {
      stop();
      if (typeof message === 'object' && message !== null && 'failed' in message) reject(new Error(String(message.failed)));
      // What a child sends is written beside what is asked of it.
      else resolve(message as Message);
    };
    const onExit = (code: number | null): void => {
      stop();
      reject(new Error(`Cannot measure as a process ended: its code is ${code}`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}

/** What went wrong, for the parent. */
export const toFailed = (error: unknown): { readonly failed: string } => ({
  failed: error instanceof Error ? (error.stack ?? error.message) : String(error),
});

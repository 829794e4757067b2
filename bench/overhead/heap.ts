/** Bytes of the heap after everything that nobody holds is gone. Needs `--expose-gc`. */
export async function heapUsed(): Promise<number> {
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  const { heapUsed: used, external } = process.memoryUsage();
  // Array buffers are part of what is external.
  return used + external;
}

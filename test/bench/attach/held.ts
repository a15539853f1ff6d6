/** What is in use after a collection, in bytes: buffers are let go of a little later than what holds them. */
export async function held(): Promise<NodeJS.MemoryUsage> {
  for (let time = 0; time < 3; time += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage();
}

/** Of the heap, and of buffers outside of it. */
export async function heldBytes(): Promise<number> {
  const { heapUsed, external } = await held();
  return heapUsed + external;
}

/** The same at once, where what comes meanwhile would be counted: the second collection ends what the first has begun. */
export function heldNow(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

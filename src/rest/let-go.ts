/** Does what is to read a stream. However it fails, one that it has not begun with is let go. What is no stream is left alone. */
export async function orLetGo<T>(source: unknown, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (source instanceof ReadableStream && !source.locked) source.cancel(error).catch(() => {});
    throw error;
  }
}

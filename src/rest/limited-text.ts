/** Reads a body as UTF-8, and no further than a limit: what is larger is cancelled, and not whole. */
export async function readLimited(
  body: ReadableStream<Uint8Array>,
  limit: number,
): Promise<{ readonly text: string; readonly whole: boolean }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), whole: true };
    length += value.length;
    text += decoder.decode(value, { stream: true });
    if (length <= limit) continue;
    // Nobody waits for it: a server that never ends its answer must not hold up this one.
    reader.cancel().catch(() => {});
    return { text, whole: false };
  }
}

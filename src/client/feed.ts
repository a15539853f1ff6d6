/** What a process may read: text goes as UTF-8. */
export type StdinSource = string | Uint8Array | ReadableStream<Uint8Array>;

/**
 * Writes a source to stdin and closes it. `failed` is called when that does not work, be it for the source or for the
 * process, which need not read all of it.
 */
export function feed(
  source: StdinSource,
  stdin: WritableStream<Uint8Array>,
  failed: (error: unknown) => void,
): void {
  if (source instanceof ReadableStream) {
    // Not aborted with the source: the process would take what came so far for all there is.
    source.pipeTo(stdin, { preventAbort: true }).catch(failed);
    return;
  }
  const writer = stdin.getWriter();
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
  writer.write(bytes).catch(failed);
  writer.close().catch(failed);
}

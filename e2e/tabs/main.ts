import { BoxLite, type Execution, type ExecutionEvent, type ExecutionExit } from "boxlite-web";

/** A page that follows an execution with `shared: true`, for a test to drive. */

const boxlite = new BoxLite({ baseUrl: "/api", prefix: null });
let execution: Execution | undefined;
const chunks: Record<"stdout" | "stderr", Uint8Array[]> = { stdout: [], stderr: [] };
const events: ExecutionEvent[] = [];
let exit: ExecutionExit | null = null;
let error: string | null = null;
let writer: WritableStreamDefaultWriter<Uint8Array> | undefined;

async function collect<T>(stream: ReadableStream<T>, into: T[]): Promise<void> {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) into.push(next.value);
}

function follow(followed: Execution): void {
  execution = followed;
  writer = followed.stdin.getWriter();
  const streams = [
    collect(followed.stdout, chunks.stdout),
    collect(followed.stderr, chunks.stderr),
    collect(followed.events, events),
  ];
  Promise.all([followed.exit, ...streams]).then(
    ([result]) => {
      exit = result;
    },
    (reason: unknown) => {
      error = String(reason);
    },
  );
}

function bytesOf(stream: "stdout" | "stderr"): Promise<Uint8Array<ArrayBuffer>> {
  return new Blob(chunks[stream].map((chunk) => new Uint8Array(chunk)))
    .arrayBuffer()
    .then((buffer) => new Uint8Array(buffer));
}

const tab = {
  async start(command: string): Promise<{ box: string; execution: string }> {
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    const started = await box.exec("sh", ["-c", command], { shared: true });
    follow(started);
    return { box: box.id, execution: started.id };
  },
  async attach(ids: { box: string; execution: string }): Promise<void> {
    const box = await boxlite.boxes.get(ids.box);
    follow(await box.attach(ids.execution, { shared: true }));
  },
  state() {
    const role = events.findLast((event) => event.type === "role")?.role ?? null;
    const length = (stream: "stdout" | "stderr") =>
      chunks[stream].reduce((sum, chunk) => sum + chunk.length, 0);
    const discontinuities = events.filter(
      (event) =>
        event.type === "verdict" && (event.verdict.kind === "gap" || event.verdict.kind === "ambiguous"),
    );
    return { role, stdout: length("stdout"), stderr: length("stderr"), discontinuities, exit, error };
  },
  async digest(stream: "stdout" | "stderr"): Promise<string> {
    const hash = await crypto.subtle.digest("SHA-256", await bytesOf(stream));
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  },
  text: async (stream: "stdout" | "stderr") => new TextDecoder().decode(await bytesOf(stream)),
  write: (text: string) => writer?.write(new TextEncoder().encode(text)),
  end: () => writer?.close(),
  resize: (cols: number, rows: number) => execution?.resize({ cols, rows }),
  kill: () => execution?.kill(),
  detach: () => execution?.detach(),
};

declare global {
  interface Window {
    tab: typeof tab;
  }
}
window.tab = tab;

import { type ChildProcess, spawn } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Box, BoxLite } from "../../src/index.ts";
import { downloadPath, uploadPath } from "../../src/node/index.ts";

/** MiB of resident memory above what is there at rest. */
const GOAL = 64;
const MIB = 1024 * 1024;

interface Row {
  readonly what: string;
  readonly bytes: number;
  /** Milliseconds. */
  readonly time: number;
  /** MiB above rest: of this process, and of the server's. */
  readonly client: number;
  readonly server: number;
  readonly same: boolean;
}

/** `npm run bench:files`: a table, and an exit code that says whether digests are kept and memory stays flat. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { mib: { type: "string", default: "2048" }, files: { type: "string", default: "10000" } },
  });
  const [mib, files] = [Number(values.mib), Number(values.files)];
  if (!(mib >= 1 && files >= 1)) {
    console.error("bench:files: --mib and --files take numbers from 1.");
    return 2;
  }
  const load = (loadavg()[0] ?? 0).toFixed(1);
  console.log(
    `${new Date().toISOString().slice(0, 10)}: npm run bench:files -- --mib ${mib} --files ${files}`,
  );
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}, load average ${load}\n`,
  );
  console.log("| | MB/s | client’s memory | server’s memory | digest |\n|---|---:|---:|---:|---|");
  const rows: Row[] = [];
  for (const dialect of ["serve", "runner"]) {
    const server = await startServer(dialect);
    try {
      const boxlite = new BoxLite({ baseUrl: server.url, token: server.token });
      const box = await boxlite.boxes.create();
      // What is loaded and compiled once is not to be counted.
      await oneFile(box, 64 * MIB, server.process, "");
      rows.push(...(await oneFile(box, mib * MIB, server.process, dialect)));
      rows.push(...(await manyFiles(box, files, server.process, dialect)));
      await box.remove();
    } finally {
      server.process.kill();
    }
  }
  const flat = rows.every(({ client }) => client < GOAL);
  const same = rows.every((row) => row.same);
  console.log(
    `\ngoal (digests kept, client below ${GOAL} MiB above rest): ${flat && same ? "met" : "missed"}`,
  );
  return flat && same ? 0 : 1;
}

async function oneFile(box: Box, size: number, server: ChildProcess, label: string): Promise<Row[]> {
  const sent = createHash("sha256");
  const up = await measured(`${label}, one file up`, size, server, label !== "", async () => {
    await box.files.writeFile("big", numbers(size, sent), { size });
    return true;
  });
  const digest = sent.digest("hex");
  const down = await measured(`${label}, one file down`, size, server, label !== "", async () => {
    const came = createHash("sha256");
    for await (const { body } of await box.files.download("big")) {
      const reader = body.getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read())
        came.update(piece.value);
    }
    return came.digest("hex") === digest;
  });
  return [up, down];
}

async function manyFiles(box: Box, count: number, server: ChildProcess, label: string): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), "boxlite-bench-"));
  const source = join(root, "source");
  let size = 0;
  for (let at = 0; at < count; at += 1) {
    const directory = join(source, `d${at % 100}`);
    if (at < 100) mkdirSync(directory, { recursive: true });
    const text = `${at} `.repeat(at % 400);
    size += text.length;
    writeFileSync(join(directory, `f${at}`), text);
  }
  try {
    const up = await measured(`${label}, ${count} files up`, size, server, true, async () => {
      await uploadPath(box, source, "many");
      return true;
    });
    const down = await measured(`${label}, ${count} files down`, size, server, true, async () => {
      await downloadPath(box, "many", join(root, "back"));
      return digestOf(join(root, "back")) === digestOf(source);
    });
    return [up, down];
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Runs it with an eye on both processes' memory. */
async function measured(
  what: string,
  bytes: number,
  server: ChildProcess,
  printed: boolean,
  work: () => Promise<boolean>,
): Promise<Row> {
  globalThis.gc?.();
  const rest = [process.memoryUsage.rss() / MIB, residentOf(server)] as const;
  let most: [number, number] = [...rest];
  const watch = setInterval(() => {
    most = [Math.max(most[0], process.memoryUsage.rss() / MIB), Math.max(most[1], residentOf(server))];
  }, 50);
  const start = performance.now();
  const same = await work().finally(() => clearInterval(watch));
  const time = performance.now() - start;
  const row = { what, bytes, time, same, client: most[0] - rest[0], server: most[1] - rest[1] };
  if (printed) {
    const pace = (bytes / 1e3 / time).toFixed(0);
    console.log(
      `| ${what} | ${pace} | +${row.client.toFixed(0)} MiB | +${row.server.toFixed(0)} MiB | ${same ? "kept" : "LOST"} |`,
    );
  }
  return row;
}

/** MiB of a process's resident memory. */
function residentOf({ pid }: ChildProcess): number {
  const pages = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
  return (Number(pages) * 4096) / MIB;
}

/** So many bytes that differ everywhere, made as they are read. */
function numbers(size: number, hash: Hash): ReadableStream<Uint8Array> {
  let left = size;
  let count = 0;
  return new ReadableStream({
    pull(controller) {
      const length = Math.min(left, 65_536);
      const chunk = new Uint32Array(Math.ceil(length / 4));
      for (let at = 0; at < chunk.length; at += 1) chunk[at] = count++;
      const bytes = new Uint8Array(chunk.buffer, 0, length);
      hash.update(bytes);
      left -= length;
      controller.enqueue(bytes);
      if (left === 0) controller.close();
    },
  });
}

/** Of names and contents. */
function digestOf(directory: string): string {
  const hash = createHash("sha256");
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  for (const path of paths) hash.update(path.slice(directory.length)).update(readFileSync(path));
  return hash.digest("hex");
}

/** In a process of its own: only the client's memory counts. */
async function startServer(dialect: string) {
  const token = "bench";
  const args = ["dist/cli.js", "local", "--port", "0", "--dialect", dialect, "--token", token];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const text of server.stdout) {
    said += text;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url !== undefined) return { url, token, process: server };
  }
  throw new Error(`The server did not start: ${said}`);
}

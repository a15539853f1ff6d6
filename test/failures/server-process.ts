import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dialect } from "../../src/local/index.ts";

export const TOKEN = "t0ken";

/** The local server, as another machine would have it. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  /** SIGKILL. Resolves when it is gone. */
  die(): Promise<void>;
  /** SIGSTOP: its sockets stay open, and nobody answers on them. */
  stop(): void;
  /** SIGCONT. */
  goOn(): void;
  /** Sets its wall clock so many milliseconds ahead of this machine's. */
  setClock(ahead: number): Promise<void>;
  /** Another one in its place, which knows nothing of what was. */
  restart(): Promise<ServerProcess>;
}

/** @param port Default: any free one. */
export async function startServerProcess(dialect: Dialect, port = 0): Promise<ServerProcess> {
  const options = JSON.stringify({ dialect, port, token: TOKEN });
  // What it makes is left when it is killed.
  const folder = await mkdtemp(join(tmpdir(), "boxlite-web-server-"));
  const env = { ...process.env, TMPDIR: folder };
  const child = fork(join(import.meta.dirname, "serve.mjs"), [options], { execArgv: [], env });
  const { url } = await message<{ url: string }>(child);
  const die = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  return {
    url,
    die,
    stop: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    async setClock(ahead) {
      const done = message(child);
      child.send(ahead);
      await done;
    },
    restart: () => startServerProcess(dialect, Number(new URL(url).port)),
    async [Symbol.asyncDispose]() {
      if (child.connected) {
        const gone = once(child, "exit");
        child.kill("SIGCONT");
        // So that it ends what it has started.
        child.disconnect();
        await gone;
      }
      await die();
      await rm(folder, { recursive: true });
    },
  };
}

async function message<T>(child: ChildProcess): Promise<T> {
  const [said] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`the server ended with ${code}`))),
  ]);
  return said;
}

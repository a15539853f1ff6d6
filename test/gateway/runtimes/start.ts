import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "vite";

/** Runtimes that are not needed for `npm test`: used where they are found, in PATH or where a variable says. */

export type RuntimeName = "deno" | "bun" | "workerd";

export function findRuntime(name: RuntimeName): string | undefined {
  const path = process.env[`${name.toUpperCase()}_PATH`] ?? name;
  return spawnSync(path, ["--version"], { stdio: "ignore" }).status === 0 ? path : undefined;
}

export interface RuntimeGateway extends AsyncDisposable {
  readonly url: string;
}

/** Starts the gateway that is in this folder for the runtime. */
export async function startRuntime(
  name: RuntimeName,
  path: string,
  target: string,
  token: string,
): Promise<RuntimeGateway> {
  const script = (file: string) => join(import.meta.dirname, file);
  switch (name) {
    case "deno": {
      const flags = [
        "run",
        "--no-lock",
        "--node-modules-dir=manual",
        "--allow-net",
        "--allow-env",
        "--allow-read",
      ];
      return running(spawn(path, [...flags, script("deno.ts"), target, token], PIPED), (line) => line);
    }
    case "bun":
      return running(spawn(path, [script("bun.ts"), target, token], PIPED), (line) => line);
    case "workerd": {
      return startWorker(path, script("workers.ts"), { TARGET: target, TOKEN: token });
    }
  }
}

/** Starts a worker, bundled for the edge, with text for its bindings. */
export async function startWorker(
  workerd: string,
  entry: string,
  bindings: Readonly<Record<string, string>>,
): Promise<RuntimeGateway> {
  const folder = await mkdtemp(join(tmpdir(), "boxlite-web-workerd-"));
  await bundle(entry, folder);
  await writeFile(join(folder, "config.capnp"), workerdConfig(bindings));
  const child = spawn(workerd, ["serve", "--control-fd=1", join(folder, "config.capnp")], PIPED);
  return running(
    child,
    (line) => `http://127.0.0.1:${JSON.parse(line).port}`,
    () => rm(folder, { recursive: true }),
  );
}

const PIPED: SpawnOptions = { stdio: ["ignore", "pipe", "inherit"] };

/** Waits for the first line that a server writes, which says where it is. */
export async function running(
  child: ChildProcess,
  urlOf: (line: string) => string,
  clean = async () => {},
): Promise<RuntimeGateway> {
  if (child.stdout === null) throw new Error("its stdout is piped");
  const lines = createInterface(child.stdout);
  const [line] = await Promise.race([
    once(lines, "line"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`the runtime has ended with ${code}`))),
  ]);
  return {
    url: urlOf(line),
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      await clean();
    },
  };
}

/** As a bundler for the edge has it: it fails for what only Node has. */
export async function bundle(entry: string, folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["workerd", "browser"] },
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: "es2022",
      minify: false,
      lib: { entry, formats: ["es"], fileName: () => "worker.js" },
      // A worker is one module here: no others are in its configuration.
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
}

function workerdConfig(bindings: Readonly<Record<string, string>>): string {
  const texts = Object.entries(bindings).map(
    ([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      bindings = [${texts.join(", ")}],
      compatibilityDate = "2026-01-01",
    )),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
`;
}

import { parseArgs } from "node:util";
import type { Dialect } from "./dialect.ts";
import { type LocalServer, type LocalServerOptions, startLocalServer } from "./server.ts";

/** What a command line needs of its process. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** Aborted when the user wants it to end. */
  readonly interrupt: AbortSignal;
}

const USAGE = `Usage: boxlite-web local [options]

A BoxLite server on this machine, for demos, tests and development.
There is no isolation: commands run as you, on this machine.

Options:
  --port <number>     port on 127.0.0.1, 0 for any free one (default 8100)
  --dialect <name>    serve: like boxlite serve (default); runner: like the BoxLite cloud
  --token <text>      the bearer token that clients must send (default: a random one)
  --help              this text
`;

const DEFAULT_PORT = 8100;

/** Runs the command line until it is done or interrupted. Resolves with the exit code: 2 for wrong usage. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let request: LocalServerOptions | "help";
  try {
    request = parseCommandLine(args);
  } catch (error) {
    terminal.error(`boxlite-web: ${messageOf(error)}\n\n${USAGE}`);
    return 2;
  }
  if (request === "help") {
    terminal.out(USAGE);
    return 0;
  }
  let server: LocalServer;
  try {
    server = await startLocalServer(request);
  } catch (error) {
    terminal.error(`boxlite-web: ${explain(error, request)}\n`);
    return 1;
  }
  terminal.out(greeting(server));
  await interrupted(terminal.interrupt);
  await server.close();
  return 0;
}

/** @throws Error that says what is wrong with the arguments. */
function parseCommandLine(args: readonly string[]): LocalServerOptions | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      port: { type: "string", default: String(DEFAULT_PORT) },
      dialect: { type: "string", default: "serve" },
      token: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const [command, ...more] = positionals;
  if (command === undefined) throw new Error("which command? There is one: local");
  if (command !== "local") throw new Error(`unknown command "${command}"`);
  if (more.length > 0) throw new Error(`unexpected argument "${more.join(" ")}"`);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`--port ${values.port}: expected a number from 0 to 65535`);
  }
  if (!isDialect(values.dialect)) throw new Error(`--dialect ${values.dialect}: expected serve or runner`);
  if (values.token === "") throw new Error("--token is empty");
  return { port, dialect: values.dialect, ...(values.token === undefined ? {} : { token: values.token }) };
}

function isDialect(value: string): value is Dialect {
  return value === "serve" || value === "runner";
}

function greeting({ dialect, url, token }: LocalServer): string {
  return `BoxLite local server (${dialect})
  URL:   ${url}
  Token: ${token}

WARNING: no isolation. Commands run as you, on this machine.

Try it:
  curl ${url}/v1/boxes -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{}'

Ctrl-C stops it and everything it has started.
`;
}

function explain(error: unknown, { port }: LocalServerOptions): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return `port ${port} is taken on 127.0.0.1: choose another with --port, or any free one with --port 0`;
  }
  if (code === "EACCES") return `port ${port} needs privileges: choose one from 1024 up with --port`;
  return messageOf(error);
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

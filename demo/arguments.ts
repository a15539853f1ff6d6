import { parseArgs } from "node:util";
import type { Dialect } from "boxlite-web/local";

export type Request = { readonly mode: "help" } | PageRequest | HeadlessRequest;

export interface PageRequest {
  readonly mode: "page";
  readonly dialect: Dialect;
  readonly port: number;
  readonly open: boolean;
}

export interface HeadlessRequest {
  readonly mode: "headless";
  readonly dialect: Dialect;
  readonly commandLine: string;
  /** Bytes of delivered output between two cuts; 0: no cuts. */
  readonly cutEvery: number;
}

export const USAGE = `Usage: npm run demo -- [options]
       npm run demo -- --headless <command line> [options]

A page with a local server behind it, and a network in between that you can break.
Commands run as you, on this machine, without isolation.

Options:
  --dialect <name>    serve: like boxlite serve (default); runner: like the BoxLite cloud
  --port <number>     port of the page, 0 for any free one (default 5180)
  --open              opens the page in the browser
  --headless <text>   runs this command line here, without a page; its output is ours, its exit code, too
  --cut-every <bytes> severs the connection each time so many bytes of its output have arrived
  --help              this text
`;

const DEFAULT_PORT = 5180;

/** @throws Error whose message is one sentence that says what is wrong. */
export function parseArguments(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      dialect: { type: "string", default: "serve" },
      port: { type: "string" },
      open: { type: "boolean", default: false },
      headless: { type: "string" },
      "cut-every": { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return { mode: "help" };
  if (positionals[0] !== undefined) {
    throw new Error(`Unexpected argument "${positionals[0]}": put the whole command line in quotes.`);
  }
  const { dialect, headless, port, open } = values;
  const cutEvery = values["cut-every"];
  if (dialect !== "serve" && dialect !== "runner") {
    throw new Error(`--dialect is "${dialect}": expected serve or runner.`);
  }
  if (headless === undefined) {
    if (cutEvery !== undefined)
      throw new Error("--cut-every goes with --headless: on the page you cut by hand.");
    const number = port === undefined ? DEFAULT_PORT : wholeNumber("--port", port, 0, 65_535);
    return { mode: "page", dialect, port: number, open };
  }
  if (headless.trim() === "")
    throw new Error("--headless needs a command line, e.g. --headless 'seq 1 100000'.");
  if (port !== undefined || open)
    throw new Error("--port and --open are for the page: leave them out with --headless.");
  const bytes = cutEvery === undefined ? 0 : wholeNumber("--cut-every", cutEvery, 1, Number.MAX_SAFE_INTEGER);
  return { mode: "headless", dialect, commandLine: headless, cutEvery: bytes };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  throw new Error(`${name} is "${text}": expected a whole number, ${range}.`);
}

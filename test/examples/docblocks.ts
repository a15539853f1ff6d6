import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownFiles, ROOT, readMarkdown } from "./markdown.ts";

/** An example of a docblock, or a block of TypeScript in a Markdown file. */
export interface Example {
  /** File and line, for messages. */
  readonly place: string;
  readonly code: string;
  /** What `console.log(…); // text` says that it prints. */
  readonly prints: readonly string[];
}

/** Every `@example` of the sources. */
export function examplesOfSources(): Example[] {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .flatMap((file) => examplesOf(`src/${file}`, readFileSync(join(ROOT, "src", file), "utf8")));
}

function examplesOf(file: string, source: string): Example[] {
  return [...source.matchAll(/@example\s*\n\s*\* ```ts\n([\s\S]*?)\n\s*\* ```/g)].map((match) => {
    const code = (match[1] ?? "").replace(/^\s*\* ?/gm, "");
    return exampleOf(file, source.slice(0, match.index).split("\n").length, code);
  });
}

export interface MarkdownExamples {
  /** Every block of TypeScript. */
  readonly typed: readonly Example[];
  /** Those of them that say `ts run`. */
  readonly running: readonly Example[];
  /** Every block of JavaScript. */
  readonly scripts: readonly Example[];
}

/** Every block of code in the Markdown files. */
export function examplesOfMarkdown(): MarkdownExamples {
  const typed: Example[] = [];
  const running: Example[] = [];
  const scripts: Example[] = [];
  for (const file of markdownFiles()) {
    for (const { line, words, code } of readMarkdown(file).blocks) {
      const example = exampleOf(file, line, code);
      if (words[0] === "js") scripts.push(example);
      if (words[0] === "ts") typed.push(example);
      if (words[0] === "ts" && words[1] === "run") running.push(example);
    }
  }
  return { typed, running, scripts };
}

function exampleOf(file: string, line: number, code: string): Example {
  const prints = [...code.matchAll(/console\.log\(.*\);? \/\/ (.+)$/gm)].map(([, text = ""]) => text);
  return { place: `${file}:${line}`, code, prints };
}

/** What an example may use without a word about where it is from. */
export const CONTEXT = `
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Terminal } from "@xterm/xterm";
import type * as main from "boxlite-web";
import type { Gateway } from "boxlite-web/gateway";
import type { NodeHandlers } from "boxlite-web/gateway/node";

declare global {
  const BoxLite: typeof main.BoxLite;
  const ConnectionLostError: typeof main.ConnectionLostError;
  const describeCause: typeof main.describeCause;
  const boxlite: main.BoxLite;
  const box: main.Box;
  const execution: main.Execution;
  const gateway: Gateway;
  const handlers: NodeHandlers;
  const server: Server;
  const terminal: Terminal;
  const stream: ReadableStream<Uint8Array>;
  const source: main.UploadSource;
  const baseUrl: string;
  const token: string;
  const url: string;
  const key: string;
  const boxId: string;
  const executionId: string;
  function appToken(): Promise<string>;
  function userOf(credential: string | null): Promise<{ boxIds: string[] } | null>;
  function page(request: IncomingMessage, response: ServerResponse): void;
}
`;

const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** The example as a module that runs here, against that server, from the sources. */
export function asRunning({ code }: Example, server: { url: string; token: string }): string {
  return (
    code
      .replace(/ from "boxlite-web([^"]*)"/g, (_, entry: string) => {
        const types: string = exports[`.${entry}`].types;
        const source = types.replace("./dist", "src").replace(".d.ts", ".ts");
        return ` from ${JSON.stringify(join(ROOT, source))}`;
      })
      .replaceAll("http://127.0.0.1:8100", server.url)
      .replaceAll('token: "secret"', `token: ${JSON.stringify(server.token)}`)
      // The boxes of the local server have no root of their own: what is absolute in an example is below its directory.
      .replace(/(["`])\/app/g, "$1app")
  );
}

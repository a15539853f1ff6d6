import { realpath, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type Destination, extract, readTar } from "../../tar/extract.ts";
import { packTar, walk } from "../../tar/pack.ts";
import type { Box } from "../boxes.ts";
import type { Dialect } from "../dialect.ts";
import { type Answer, refuse } from "../refusal.ts";
import { type Handlers, NO_CONTENT, requireBox, resume, type ServerState } from "./state.ts";

export function filesHandlers(state: ServerState, segment: string): Handlers {
  const { dialect } = state;
  // The cloud's API looks for the box before its runner reads the query.
  const front = () => {
    if (dialect === "runner") requireBox(state, segment);
  };
  const open = (): Box => {
    const box = requireBox(state, segment);
    resume(state, box, () => refuse.filesOfStopped(segment));
    return box;
  };
  return {
    PUT: async ({ query, stream }) => {
      front();
      const path = requirePath(query, dialect);
      const sourceIsDirectory = directoryHint(query, dialect);
      await upload(stream(), await destinationOf(open(), path, sourceIsDirectory));
      return NO_CONTENT;
    },
    GET: ({ query }) => {
      front();
      const path = requirePath(query, dialect);
      return download(resolve(open().directory, path));
    },
  };
}

/** A path of this machine, or one below the box's directory, as a command has it. @throws Refusal */
function requirePath(query: URLSearchParams, dialect: Dialect): string {
  const path = query.get("path");
  if (path === null) throw refuse.badQuery(dialect, "missing field `path`", "path query parameter required");
  if (path === "") throw refuse.badPath("path query parameter required");
  if (path.includes("\0")) throw refuse.badPath("path must not have a NUL character");
  if (path.split("/").includes("..")) throw refuse.badPath(`path must not have a ".." component: ${path}`);
  return path;
}

const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE: ReadonlySet<string> = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** @throws Refusal */
function directoryHint(query: URLSearchParams, dialect: Dialect): boolean | undefined {
  const hint = query.get("source_is_dir");
  if (hint === null) return undefined;
  if (TRUE.has(hint)) return true;
  if (FALSE.has(hint)) return false;
  const why = `source_is_dir: "${hint}" is neither true nor false`;
  throw refuse.badQuery(dialect, why, why);
}

async function destinationOf(
  box: Box,
  path: string,
  sourceIsDirectory: boolean | undefined,
): Promise<Destination> {
  const absolute = resolve(box.directory, path);
  const directory =
    path.endsWith("/") || sourceIsDirectory === true || (await statOf(absolute))?.isDirectory() === true;
  if (directory) return { path: absolute, as: "directory" };
  return { path: absolute, as: sourceIsDirectory === false ? "file" : "either" };
}

async function upload(archive: ReadableStream<Uint8Array>, destination: Destination): Promise<void> {
  try {
    await readTar(archive, (entries) => extract(entries, destination));
  } catch (error) {
    throw refuse.badArchive(
      `failed to extract tar: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function download(path: string): Promise<Answer> {
  const stats = await statOf(path);
  if (stats === undefined) throw refuse.noSource();
  const directory = stats.isDirectory();
  if (!directory && !stats.isFile()) throw refuse.badPath("source path is neither a file nor a directory");
  const found = directory ? walk(path) : [{ path: await realpath(path), name: basename(path), stats }];
  return {
    status: 200,
    type: "application/x-tar",
    headers: { "X-Boxlite-Source-Is-Dir": String(directory) },
    body: packTar(found),
  };
}

/** Of what the path leads to, symbolic links followed; undefined when there is nothing. */
async function statOf(path: string) {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}

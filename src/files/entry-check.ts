import { InvalidRequestError } from "../errors/index.ts";
import { plainPath, staysInside } from "./entry-path.ts";
import type { UploadEntry } from "./source.ts";

/** Why an upload cannot be, as an error. */
export function invalidUpload(what: string): InvalidRequestError {
  return new InvalidRequestError("invalid_argument", `Upload: ${what}`, { operation: "files.write" });
}

/** An entry that can be packed, with its path in the plain form. @throws InvalidRequestError */
export function checkedEntry(entry: UploadEntry): UploadEntry {
  if (typeof entry !== "object" || entry === null)
    throw invalidUpload(`${entry} is no entry: it has no path.`);
  const { type = "file", path, data, size, mode, modified, linkTarget } = entry;
  const plain = typeof path === "string" ? plainPath(path) : undefined;
  if (plain === undefined || plain === "") {
    throw invalidUpload(`the path ${JSON.stringify(path)} does not lead below the destination.`);
  }
  if (type !== "file" && type !== "directory" && type !== "symlink") {
    throw invalidUpload(
      `${path} is to be a ${String(type)}: only a file, directory or symlink can be uploaded.`,
    );
  }
  if (type === "symlink" && !(linkTarget && staysInside(plain, linkTarget))) {
    throw invalidUpload(
      `the link ${path} leads to ${linkTarget ?? "nowhere"}, which is not below the destination.`,
    );
  }
  if (data instanceof ReadableStream && size === undefined) {
    throw invalidUpload(
      `the stream for ${path} has no size: an archive says how long a file is before it comes.`,
    );
  }
  if (!isContent(data)) throw invalidUpload(`the data for ${path} is no text, Uint8Array, Blob or stream.`);
  if (size !== undefined && !isCount(size))
    throw invalidUpload(`${path} cannot have a size of ${size} bytes.`);
  if (mode !== undefined && !(isCount(mode) && mode <= 0o7777)) {
    throw invalidUpload(`the mode of ${path} is ${mode}, which is not between 0 and 0o7777.`);
  }
  if (modified !== undefined && !(modified instanceof Date && modified.getTime() >= 0)) {
    throw invalidUpload(`the time of ${path} is no Date since 1970.`);
  }
  return { ...entry, path: plain };
}

function isContent(data: UploadEntry["data"]): boolean {
  if (data === undefined || typeof data === "string") return true;
  return data instanceof Uint8Array || data instanceof Blob || data instanceof ReadableStream;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

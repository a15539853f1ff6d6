import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { packTar, type TarHeader, unpackTar } from "modern-tar";

/** One entry of an archive: a name with a slash at its end is a directory. */
export interface Entry {
  readonly name: string;
  readonly body?: string | Uint8Array;
  readonly header?: Partial<TarHeader>;
}

/** An archive of these entries, whatever their names. */
export function tar(...entries: (Entry | string)[]): Promise<Uint8Array> {
  return packTar(
    entries.map((entry) => {
      const { name, body = "", header } = typeof entry === "string" ? { name: entry } : entry;
      const size = Buffer.byteLength(body);
      const type = name.endsWith("/") ? "directory" : "file";
      return { header: { name, size, type, ...header }, body };
    }),
  );
}

/** What is in an archive, by name: a file's text, a directory as null, links by where they lead. */
export async function untar(bytes: Uint8Array): Promise<Record<string, string | null>> {
  const entries = await unpackTar(bytes, { strict: true });
  return Object.fromEntries(
    entries.map(({ header: { name, type, linkname }, data }) => {
      if (type === "directory") return [name, null];
      if (type === "file") return [name, Buffer.from(data ?? []).toString()];
      return [name, `${type} -> ${linkname}`];
    }),
  );
}

/** What is below a directory, as `untar` has it. */
export function tree(directory: string, prefix = ""): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  for (const child of readdirSync(directory)) {
    const path = join(directory, child);
    const stats = lstatSync(path);
    if (stats.isDirectory())
      Object.assign(found, { [`${prefix}${child}/`]: null }, tree(path, `${prefix}${child}/`));
    else
      found[prefix + child] = stats.isSymbolicLink()
        ? `symlink -> ${readlinkSync(path)}`
        : readFileSync(path, "utf8");
  }
  return found;
}

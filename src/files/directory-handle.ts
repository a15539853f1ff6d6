import { ArchiveError } from "../errors/index.ts";
import type { DirectoryHandleLike } from "./handles.ts";
import type { ArchiveContext, DownloadEntry } from "./unpack.ts";

/** Writes entries into a directory of the File System API, which lets no name lead out of it. */
export async function saveInto(
  root: DirectoryHandleLike,
  entries: AsyncIterable<DownloadEntry>,
  { subject }: ArchiveContext,
): Promise<void> {
  for await (const entry of entries) {
    const { path, type } = entry;
    if (type === "directory") {
      await directoryAt(root, path.split("/"));
    } else if (type === "file") {
      const segments = path.split("/");
      const name = segments.pop() ?? "";
      const directory = await directoryAt(root, segments);
      const file = await directory.getFileHandle(name, { create: true });
      await entry.body.pipeTo(await file.createWritable());
    } else {
      throw new ArchiveError(
        `${subject}: ${path} is a ${type}, which a directory of the File System API cannot hold. Go through the entries instead.`,
        { operation: "files.read" },
      );
    }
  }
}

async function directoryAt(
  root: DirectoryHandleLike,
  segments: readonly string[],
): Promise<DirectoryHandleLike> {
  let directory = root;
  for (const segment of segments) {
    if (segment !== "") directory = await directory.getDirectoryHandle(segment, { create: true });
  }
  return directory;
}

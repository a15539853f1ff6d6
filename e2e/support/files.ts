/** In a page: files of every kind of source go up, and come down as they were. Gives what came. */
export async function transferFiles(): Promise<Record<string, unknown>> {
  const box = await new boxlite.BoxLite({ baseUrl: "/api" }).boxes.create();
  const bytes = new Uint8Array(300_000).map((_, at) => at % 251);
  const progress: number[] = [];
  await box.files.writeFile("up/bytes", bytes, { onProgress: (made) => progress.push(made.bytes) });
  await box.files.writeFile("up/stream", new Blob([bytes]).stream(), { size: bytes.length });
  await box.files.upload("up", [
    new File(["größe"], "größe.txt", { lastModified: 86_400_000 }),
    new File([bytes], "blob"),
  ]);
  const same = async (path: string) => {
    const read = await box.files.readFile(path);
    return read.length === bytes.length && read.every((byte, at) => byte === bytes[at]);
  };
  const entries: [string, string, number][] = [];
  for await (const { path, type, size } of await box.files.download("up")) entries.push([path, type, size]);
  const failure = await box.files.readFile("up/nothing").catch((error: Error) => error.name);
  return {
    same: [await same("up/bytes"), await same("up/stream"), await same("up/blob")],
    text: await box.files.readTextFile("up/größe.txt"),
    entries: entries.sort(([one], [other]) => (one < other ? -1 : 1)),
    grows: progress.length > 0 && progress.every((made, at) => at === 0 || made > (progress[at - 1] ?? 0)),
    failure,
  };
}

export const TRANSFERRED = {
  same: [true, true, true],
  text: "größe",
  entries: [
    ["blob", "file", 300_000],
    ["bytes", "file", 300_000],
    ["größe.txt", "file", 7],
    ["stream", "file", 300_000],
  ],
  grows: true,
  failure: "NotFoundError",
};

/** In a page that has the origin's private file system: directories go up from it, and come down into it. */
export async function transferDirectories(): Promise<Record<string, string | null>> {
  const box = await new boxlite.BoxLite({ baseUrl: "/api" }).boxes.create();
  const root = await navigator.storage.getDirectory();
  const source = await root.getDirectoryHandle("source", { create: true });
  const sub = await source.getDirectoryHandle("sub", { create: true });
  await sub.getDirectoryHandle("none", { create: true });
  const put = async (directory: FileSystemDirectoryHandle, name: string, text: string) => {
    const writable = await (await directory.getFileHandle(name, { create: true })).createWritable();
    await writable.write(text);
    await writable.close();
  };
  await put(source, "a.txt", "a");
  await put(sub, "b.txt", "b".repeat(100_000));
  await box.files.upload("tree", source);
  const back = await root.getDirectoryHandle("back", { create: true });
  await (await box.files.download("tree")).saveTo(back);
  const found: Record<string, string | null> = {};
  const look = async (directory: FileSystemDirectoryHandle, prefix: string) => {
    for await (const [name, handle] of directory.entries()) {
      if (handle.kind === "directory") {
        found[`${prefix}${name}/`] = null;
        await look(handle as FileSystemDirectoryHandle, `${prefix}${name}/`);
      } else {
        const text = await (await (handle as FileSystemFileHandle).getFile()).text();
        found[prefix + name] = text.length > 10 ? `${text.length} × ${text[0]}` : text;
      }
    }
  };
  await look(back, "");
  return found;
}

import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Box, BoxLite, type DownloadEntry, type UploadSource } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { tar } from "../local/tree.ts";
import { memoryDirectory } from "./memory-directory.ts";

describe.each(["serve", "runner"] as const)("files of a box, on %s", (dialect) => {
  let server: LocalServer;
  let box: Box;
  beforeAll(async () => {
    server = await startLocalServer({ dialect });
    box = await new BoxLite({ baseUrl: server.url, token: server.token }).boxes.create();
  });
  afterAll(() => server.close());

  /** What is in the box below a path, by path: a file's text, a directory as null, a link by where it leads. */
  async function tree(path: string): Promise<Record<string, string | null>> {
    const found: Record<string, string | null> = {};
    for await (const entry of await box.files.download(path)) found[nameOf(entry)] = await contentOf(entry);
    return found;
  }

  test("text, bytes, a Blob and a stream are written and read as they are", async () => {
    const bytes = new Uint8Array(randomBytes(100_001));
    const stream = () => new Blob([bytes]).stream();
    await box.files.writeFile("w/text", "häßlich\0\r\n");
    await box.files.writeFile("w/bytes", bytes);
    await box.files.writeFile("w/blob", new Blob([bytes]));
    await box.files.writeFile("w/stream", stream(), { size: bytes.length });
    await box.files.writeFile("w/empty", "");
    expect(await box.files.readTextFile("w/text")).toBe("häßlich\0\r\n");
    for (const path of ["w/bytes", "w/blob", "w/stream"]) {
      expect(Buffer.from(await box.files.readFile(path)).equals(bytes), path).toBe(true);
    }
    expect(await box.files.readFile("w/empty")).toEqual(new Uint8Array());
    expect(await (await box.exec("sha256sum", ["w/stream"])).text()).toMatchObject({
      stdout: `${createHash("sha256").update(bytes).digest("hex")}  w/stream\n`,
    });
  });

  test("a file is replaced, and has the mode that it was given", async () => {
    await box.files.writeFile("m/run", "echo old");
    await box.files.writeFile("m/run", "#!/bin/sh\necho new", { mode: 0o755 });
    expect((await (await box.exec("m/run")).text()).stdout).toBe("new\n");
  });

  test("a file of one name in a directory of the other is no file of the directory's name", async () => {
    await box.files.writeFile("one/only.txt", "1");
    expect(await tree("one")).toEqual({ "only.txt": "1" });
    await box.files.upload("two", [{ path: "only.txt", data: "2" }]);
    expect(await tree("two")).toEqual({ "only.txt": "2" });
  });

  const long = `${"d".repeat(120)}/${"e".repeat(120)}/${"f".repeat(120)}`;
  const source = {
    "a.txt": "a",
    "Größe 日本.txt": "unicode",
    [long]: "long",
    "sub/b": "b",
    "sub/deep/c": "",
  };
  const directories = (paths: string[]) => {
    const parents = paths.flatMap((path) => {
      const segments = path.split("/").slice(0, -1);
      return segments.map((_, at) => `${segments.slice(0, at + 1).join("/")}/`);
    });
    return Object.fromEntries(parents.map((path) => [path, null]));
  };
  const expected = { ...directories(Object.keys(source)), ...source };

  test("entries: files, directories and links", async () => {
    await box.files.upload("entries", [
      ...Object.entries(source).map(([path, data]) => ({ path, data })),
      { path: "none", type: "directory" },
      { path: "sub/link", type: "symlink", linkTarget: "../a.txt" },
    ]);
    expect(await tree("entries")).toEqual({ ...expected, "none/": null, "sub/link": "symlink -> ../a.txt" });
  });

  const sources: [string, () => UploadSource | Promise<UploadSource>][] = [
    [
      "entries as they come",
      async function* () {
        for (const [path, data] of Object.entries(source)) yield { path, data };
      } as never,
    ],
    [
      "files of a directory that was chosen",
      () =>
        Object.entries(source).map(([path, text]) =>
          Object.defineProperty(new File([text], path.split("/").at(-1) ?? ""), "webkitRelativePath", {
            value: path,
          }),
        ),
    ],
    ["a directory of the File System API", () => memoryDirectory(source).handle],
    [
      "an archive as a Blob",
      async () =>
        new Blob([
          new Uint8Array(await tar(...Object.entries(source).map(([name, body]) => ({ name, body })))),
        ]),
    ],
    [
      "an archive as a stream",
      async () => {
        const bytes = await tar(...Object.entries(source).map(([name, body]) => ({ name, body })));
        return new Blob([new Uint8Array(bytes)]).stream();
      },
    ],
  ];

  test.each(sources)("%s", async (name, make) => {
    const directory = name.replaceAll(" ", "-");
    await box.files.upload(directory, await make());
    expect(await tree(directory)).toEqual(expected);
  });

  test("one File, and a file of the File System API", async () => {
    await box.files.upload("file", new File(["x"], "x.txt", { lastModified: 86_400_000 }));
    const handle = await memoryDirectory({ y: "y" }).handle.getFileHandle("y");
    await box.files.upload("file/", handle);
    const entries: DownloadEntry[] = [];
    for await (const entry of await box.files.download("file")) entries.push(entry);
    expect(entries.map(({ path, size, modified }) => [path, size, modified.getTime()]).sort()).toEqual([
      ["x.txt", 1, 86_400_000],
      ["y", 1, 1_700_000_000_000],
    ]);
  });

  test("what is downloaded goes into a directory of the File System API", async () => {
    await box.files.upload("save", memoryDirectory({ ...source, "none/": null }).handle);
    const into = memoryDirectory({ "a.txt": "old", other: "stays" });
    await (await box.files.download("save")).saveTo(into.handle);
    expect(into.tree()).toEqual({ ...expected, "none/": null, other: "stays" });
    await (await box.files.download("save/a.txt")).saveTo(into.handle);
    expect(into.tree()["a.txt"]).toBe("a");
  });

  test("the archive of a download is one that can be uploaded", async () => {
    await box.files.upload("from", memoryDirectory(source).handle);
    await box.files.upload("to", (await box.files.download("from")).archive);
    expect(await tree("to")).toEqual(expected);
  });

  test("entries that are not read, or read in part, are skipped", async () => {
    const big = "0123456789".repeat(30_000);
    await box.files.upload("skip", [
      { path: "1", data: big },
      { path: "2", data: big },
      { path: "3", data: big },
      { path: "4", data: "end" },
    ]);
    const texts: string[] = [];
    for await (const entry of await box.files.download("skip")) {
      if (entry.path === "2") await entry.body.getReader().read();
      if (entry.path === "4") texts.push(await entry.text());
    }
    expect(texts).toEqual(["end"]);
    for await (const entry of await box.files.download("skip")) {
      expect(entry.path).toBe("1");
      break;
    }
  });

  test("content that is still read when the next entry is asked for fails, and is never short", async () => {
    const sizes = [0, 10, 5_000, 300_000];
    await box.files.upload(
      "late",
      sizes.map((size, at) => ({ path: `${at}`, data: "x".repeat(size) })),
    );
    const texts: Promise<PromiseSettledResult<string>[]>[] = [];
    const readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
    for await (const entry of await box.files.download("late")) {
      texts.push(Promise.allSettled([entry.text()]));
    }
    for await (const { body } of await box.files.download("late")) readers.push(body.getReader());
    const results = (await Promise.all(texts)).flat();
    for (const [at, result] of results.entries()) {
      if (result.status === "fulfilled") expect(result.value).toHaveLength(sizes[at] ?? -1);
      else expect(result.reason).toMatchObject({ code: "invalid_archive" });
    }
    // Of what takes more than one turn nothing can have come whole.
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected"]);
    for (const reader of readers.slice(1))
      await expect(reader.read()).rejects.toThrow(/Await it within the loop/);
  });

  test("content that is read after the loop was left fails, and is never short", async () => {
    await box.files.upload("left", [
      { path: "a", data: new Uint8Array(3_000_000) },
      { path: "b", data: "x" },
    ]);
    let last: DownloadEntry | undefined;
    for await (last of await box.files.download("left")) break;
    await expect(last?.bytes()).rejects.toThrow(/or the loop was left/);
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    for await (const { body } of await box.files.download("left")) {
      reader = body.getReader();
      await reader.read();
      break;
    }
    await expect(reader?.read()).rejects.toMatchObject({ code: "invalid_archive" });
  });

  test("skipping a small entry, or cancelling it, takes nothing from the next", async () => {
    const paths = Array.from({ length: 20 }, (_, at) => `f${at}`);
    await box.files.upload(
      "small",
      paths.map((path) => ({ path, data: path.repeat(10) })),
    );
    const read: Record<string, string> = {};
    let count = 0;
    for await (const entry of await box.files.download("small")) {
      count += 1;
      if (count % 3 === 0) continue;
      if (count % 3 === 1) read[entry.path] = await entry.text();
      else await entry.body.cancel();
    }
    expect(count).toBe(20);
    expect(Object.keys(read)).toHaveLength(7);
    for (const [path, text] of Object.entries(read)) expect(text).toBe(path.repeat(10));
  });

  test("a download says what it is, and is used once", async () => {
    await box.files.writeFile("shape/file", "x");
    const file = await box.files.download("shape/file");
    expect(file.isDirectory).toBe(false);
    await file.cancel();
    const directory = await box.files.download("shape");
    expect(directory.isDirectory).toBe(true);
    const names: string[] = [];
    for await (const { path } of directory) names.push(path);
    expect(names).toEqual(["file"]);
    await file.cancel();
    expect(() => file.archive).toThrow(/it was cancelled/);
    expect(() => directory.archive).toThrow(/used already/);
    await expect(directory[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "invalid_archive" });
  });

  test("a download that is cancelled in use ends it", async () => {
    await box.files.writeFile("cancel/file", new Uint8Array(3_000_000));
    const aborted = { name: "AbortError" };
    const iterated = await box.files.download("cancel");
    const iterate = async () => {
      for await (const { body } of iterated) {
        const reader = body.getReader();
        await reader.read();
        await iterated.cancel();
        while (!(await reader.read()).done);
      }
    };
    await expect(iterate()).rejects.toMatchObject(aborted);
    const passed = await box.files.download("cancel");
    const reader = passed.archive.getReader();
    await reader.read();
    await passed.cancel();
    await expect(reader.read()).rejects.toMatchObject(aborted);
  });

  test("what onProgress throws ends the transfer, and is what it ends with", async () => {
    await box.files.writeFile("throws", new Uint8Array(300_000));
    const thrown = new TypeError("a bug of the caller's");
    const options = {
      onProgress() {
        throw thrown;
      },
    };
    await expect(box.files.writeFile("b", "x", options)).rejects.toBe(thrown);
    await expect(box.files.readFile("throws", options)).rejects.toBe(thrown);
    const { archive } = await box.files.download("throws", options);
    await expect(new Response(archive).arrayBuffer()).rejects.toBe(thrown);
  });

  test("what cannot be read says so", async () => {
    await box.files.writeFile("there/file", "x");
    await expect(box.files.readFile("nothing/here")).rejects.toMatchObject({
      name: "NotFoundError",
      operation: "files.read",
    });
    await expect(box.files.download("nothing")).rejects.toMatchObject({ name: "NotFoundError" });
    const read = box.files.readTextFile("there");
    await expect(read).rejects.toMatchObject({ name: "InvalidRequestError", operation: "files.read" });
    await expect(read).rejects.toThrow(/it is not a file. Use files.download\(\)/);
  });

  test("what cannot be written is refused before it is sent, or stops what is under way", async () => {
    const stream = new ReadableStream<Uint8Array>();
    const refused: [() => Promise<void>, RegExp][] = [
      [() => box.files.writeFile("a/", "x"), /does not end in the name of a file/],
      [() => box.files.writeFile("..", "x"), /does not end in the name of a file/],
      [() => box.files.writeFile("a", stream), /the stream for a has no size/],
      [() => box.files.upload("a", [{ path: "../x", data: "" }]), /does not lead below the destination/],
      [() => box.files.upload("a", [{ path: "/x", data: "" }]), /does not lead below the destination/],
      [() => box.files.upload("a", [{ path: "", data: "" }]), /does not lead below the destination/],
      [
        () => box.files.upload("a", [{ path: "l", type: "symlink", linkTarget: "../../x" }]),
        /not below the destination/,
      ],
      [() => box.files.upload("a", "text" as never), /a string cannot be uploaded/],
      [() => box.files.upload("a", null as never), /null cannot be uploaded/],
      [() => box.files.upload("a", [null] as never), /null is no entry/],
      [() => box.files.writeFile(undefined as never, "x"), /does not end in the name of a file/],
      [() => box.files.upload("", [{ path: "x" }]), /the directory is empty/],
      [() => box.files.upload("a", [{ path: 1 as never }]), /the path 1 does not lead below/],
      [() => box.files.upload("a", [{ path: "p", type: "fifo" as never }]), /p is to be a fifo/],
      [() => box.files.writeFile("a", new ArrayBuffer(1) as never), /the data for a is no text, Uint8Array/],
      [() => box.files.writeFile("a", stream, { size: -1 }), /cannot have a size of -1 bytes/],
      [() => box.files.writeFile("a", stream, { size: 1.5 }), /cannot have a size of 1.5 bytes/],
      [() => box.files.writeFile("a", "x", { mode: 0o10000 }), /the mode of a is 4096/],
      [() => box.files.upload("a", [{ path: "t", modified: new Date("x") }]), /the time of t is no Date/],
      [() => box.files.writeFile("a", new Blob(["abc"]).stream(), { size: 2 }), /has more than the 2 bytes/],
      [() => box.files.writeFile("a", new Blob(["abc"]).stream(), { size: 4 }), /has fewer than the 4 bytes/],
    ];
    for (const [call, message] of refused) {
      const failure = call();
      await expect(failure).rejects.toThrow(message);
      await expect(failure).rejects.toMatchObject({ name: "InvalidRequestError", operation: "files.write" });
    }
    const failing = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("the disk is gone"));
      },
    });
    await expect(box.files.upload("a", failing)).rejects.toThrow("the disk is gone");
  });

  test("progress counts the bytes of the archive, up and down", async () => {
    const data = "x".repeat(300_000);
    const up: number[] = [];
    await box.files.writeFile("p/file", data, { onProgress: ({ bytes }) => up.push(bytes) });
    expect(up).toEqual([...up].sort((a, b) => a - b));
    expect(up.at(-1)).toBeGreaterThanOrEqual(300_000 + 512 + 1_024);
    const archive = new Blob([new Uint8Array(await tar("f"))]);
    const totals = new Set<number | undefined>();
    await box.files.upload("p", archive, { onProgress: ({ total }) => totals.add(total) });
    expect([...totals]).toEqual([archive.size]);
    let down = 0;
    await box.files.readFile("p/file", { onProgress: ({ bytes }) => (down = bytes) });
    expect(down).toBeGreaterThanOrEqual(300_000 + 512 + 1_024);
  });
});

function nameOf({ path, type }: DownloadEntry): string {
  return type === "directory" ? `${path}/` : path;
}

async function contentOf(entry: DownloadEntry): Promise<string | null> {
  if (entry.type === "directory") return null;
  return entry.type === "file" ? entry.text() : `${entry.type} -> ${entry.linkTarget}`;
}

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArchiveError, type BoxFiles, BoxLite } from "../../src/index.ts";
import { downloadPath } from "../../src/node/index.ts";
import { entrySegments } from "../../src/tar/bounds.ts";
import {
  boxAnswer,
  type Reply,
  type ScriptedServer,
  startScriptedServer,
} from "../client/scripted-server.ts";
import { type Entry, tar } from "../local/tree.ts";
import { memoryDirectory } from "./memory-directory.ts";

let server: ScriptedServer;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "boxlite-hostile-"));
});
afterEach(async () => {
  // What is refused may still be busy with making its directory.
  rmSync(root, { recursive: true, maxRetries: 5 });
  await server.close();
});

async function filesOf(download: Reply): Promise<BoxFiles> {
  server = await startScriptedServer(({ path }) =>
    path.includes("/files") ? download : { status: 200, json: boxAnswer("b1") },
  );
  const boxlite = new BoxLite({ baseUrl: server.url, prefix: null, retry: { limit: 0 } });
  return (await boxlite.boxes.get("b1")).files;
}

const archive = (bytes: Uint8Array, headers: Record<string, string> = {}): Reply => {
  return (response) => {
    response.writeHead(200, { "content-type": "application/x-tar", ...headers });
    response.end(bytes);
  };
};

/** Every way to use a download. */
const ways: Record<string, (files: BoxFiles) => Promise<unknown>> = {
  async entries(files) {
    for await (const entry of await files.download("/x")) await entry.bytes();
  },
  async "entries that are skipped"(files) {
    for await (const entry of await files.download("/x")) expect(entry.path).toBeTypeOf("string");
  },
  async archive(files) {
    await new Response((await files.download("/x")).archive).arrayBuffer();
  },
  async saveTo(files) {
    await (await files.download("/x")).saveTo(memoryDirectory().handle);
  },
  downloadPath: (files) => downloadPath({ files }, "/x", join(root, "into")),
  readFile: (files) => files.readFile("/f"),
};

const file = (name: string, body = "x".repeat(700)): Entry => ({ name, body });

describe.each(Object.keys(ways))(
  "an archive that is not whole is an error, never a short success: %s",
  (way) => {
    const use = (files: BoxFiles) => ways[way]?.(files);

    test.each([
      ["nothing at all", 0],
      ["half a header", 300],
      ["a header without its content", 512],
      ["half of the content", 800],
      ["the content without what it is filled up with", 512 + 700],
      ["a file, whole, and no end", 512 + 1024],
      ["half of the end", 512 + 1024 + 512],
    ])("%s", async (_, length) => {
      const whole = await tar(file("f"));
      expect(whole).toHaveLength(512 + 1024 + 1024);
      const files = await filesOf(archive(whole.subarray(0, length)));
      await expect(use(files)).rejects.toBeInstanceOf(ArchiveError);
    });

    test("what is no archive, a header with a wrong sum, and something behind the end", async () => {
      const whole = await tar(file("f"));
      const spoilt = whole.slice();
      spoilt[0] = 0x67;
      const more = Buffer.concat([whole, Buffer.alloc(512, 1)]);
      for (const bytes of [Buffer.from("not an archive".repeat(100)), spoilt, more]) {
        const files = await filesOf(archive(bytes));
        await expect(use(files)).rejects.toMatchObject({ code: "invalid_archive", operation: "files.read" });
        await server.close();
      }
    });

    test.each(["FIN", "RST"])("the connection ends before the archive does (%s)", async (how) => {
      const whole = await tar(file("f"));
      const files = await filesOf((response) => {
        response.writeHead(200, { "content-type": "application/x-tar" });
        response.write(whole.subarray(0, 900));
        // What has been sent is on its way before the cut.
        setImmediate(() => {
          if (how === "RST") response.socket?.resetAndDestroy();
          else response.socket?.destroy();
        });
      });
      await expect(use(files)).rejects.toMatchObject({ code: "network", operation: "files.read" });
    });
  },
);

describe("an entry that leads out", () => {
  const names = ["../evil", "a/../../evil", "/evil"];

  test.each(names)("%s is refused, and so is all behind it", async (name) => {
    const files = await filesOf(archive(await tar(file("good"), file(name), file("later"))));
    const paths: string[] = [];
    const iterate = async () => {
      for await (const { path } of await files.download("/x")) paths.push(path);
    };
    await expect(iterate()).rejects.toMatchObject({ code: "invalid_archive" });
    await expect(iterate()).rejects.toThrow(/leads out of it/);
    expect(new Set(paths)).toEqual(new Set(["good"]));
    const passed = new Response((await files.download("/x")).archive).arrayBuffer();
    await expect(passed).rejects.toThrow(/leads out of it/);
    const memory = memoryDirectory();
    const save = (await files.download("/x")).saveTo(memory.handle);
    await expect(save).rejects.toBeInstanceOf(ArchiveError);
    expect(Object.keys(memory.tree())).toEqual(["good"]);
    await expect(downloadPath({ files }, "/x", join(root, "into"))).rejects.toBeInstanceOf(ArchiveError);
    // As one file or many it is not known yet, so nothing is there.
    expect(readdirSync(root)).toEqual([]);
    await expect(downloadPath({ files }, "/x", `${join(root, "into")}/`)).rejects.toThrow(/leads out of it/);
    expect(readdirSync(root)).toEqual(["into"]);
    expect(readdirSync(join(root, "into"))).toEqual(["good"]);
  });

  test("names that only Windows would take for paths are names", async () => {
    const odd = ["a\\x2db", "s:1", "C:evil", "a\\..\\..\\evil"];
    const files = await filesOf(archive(await tar(...odd.map((name) => file(name)))));
    const paths: string[] = [];
    for await (const { path } of await files.download("/x")) paths.push(path);
    expect(paths).toEqual(odd);
    await new Response((await files.download("/x")).archive).arrayBuffer();
    await downloadPath({ files }, "/x", `${join(root, "into")}/`);
    expect(readdirSync(join(root, "into")).sort()).toEqual([...odd].sort());
    for (const name of odd) {
      expect(entrySegments(name, "/")).toEqual([name]);
      expect(() => entrySegments(name, "\\")).toThrow("no name that this system can have");
    }
  });

  const link = (type: "symlink" | "link", name: string, linkname: string): Entry => ({
    name,
    header: { type, linkname },
  });

  test.each([
    ["a symbolic link to ..", [link("symlink", "l", "../outside")]],
    ["a symbolic link to an absolute path", [link("symlink", "l", "/etc/passwd")]],
    ["a file behind such a link", [link("symlink", "l", ".."), file("l/evil")]],
    ["two links that lead out together", [link("symlink", "d", "."), link("symlink", "l", "d/../evil")]],
    ["a hard link to a file outside", [link("link", "h", "../secret")]],
    ["a hard link to an absolute path", [link("link", "h", "/etc/passwd")]],
  ])("%s is not written", async (_, entries) => {
    const files = await filesOf(archive(await tar(...entries)));
    await expect(downloadPath({ files }, "/x", join(root, "into"))).rejects.toBeInstanceOf(ArchiveError);
    expect(readdirSync(root)).toEqual(["into"]);
    expect(existsSync(join(root, "into", "h"))).toBe(false);
    const save = (await files.download("/x")).saveTo(memoryDirectory().handle);
    await expect(save).rejects.toBeInstanceOf(ArchiveError);
  });
});

test("a page in place of an archive is none", async () => {
  const files = await filesOf({ status: 200, text: "<html>", headers: { "content-type": "text/html" } });
  await expect(files.download("/x")).rejects.toMatchObject({ code: "invalid_response" });
});

test("readFile takes what servers of August send: no shape, directories on the way, a name with them", async () => {
  const files = await filesOf(archive(await tar("./", "./etc/", file("./etc/hosts", "127.0.0.1"))));
  expect(await files.readTextFile("/etc/hosts")).toBe("127.0.0.1");
  const download = await files.download("/etc/hosts");
  expect(download.isDirectory).toBeUndefined();
  await download.cancel();
});

test("where a server does not say what it sends, a file of another name is in a directory of the path's", async () => {
  const files = await filesOf(archive(await tar(file("only", "one"))));
  await expect(files.readTextFile("/app/dir")).rejects.toMatchObject({ code: "invalid_argument" });
  expect(await files.readTextFile("/app/dir/only")).toBe("one");
  await server.close();
  const said = await filesOf(
    archive(await tar(file("target", "one")), { "x-boxlite-source-is-dir": "false" }),
  );
  expect(await said.readTextFile("/app/link")).toBe("one");
});

test("readFile refuses what has two files, or a link", async () => {
  const two = await filesOf(archive(await tar(file("a"), file("b"))));
  await expect(two.readFile("/x")).rejects.toMatchObject({ name: "InvalidRequestError" });
  await server.close();
  const link = await filesOf(archive(await tar({ name: "a", header: { type: "symlink", linkname: "b" } })));
  await expect(link.readFile("/x")).rejects.toMatchObject({ name: "InvalidRequestError" });
});

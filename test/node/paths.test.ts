import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Box, BoxLite } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { downloadPath, uploadPath } from "../../src/node/index.ts";
import { tree } from "../local/tree.ts";

describe.each(["serve", "runner"] as const)("paths of this machine, on %s", (dialect) => {
  let server: LocalServer;
  let box: Box;
  let root: string;
  const at = (...path: string[]) => join(root, ...path);
  beforeAll(async () => {
    server = await startLocalServer({ dialect });
    box = await new BoxLite({ baseUrl: server.url, token: server.token }).boxes.create();
    root = mkdtempSync(join(tmpdir(), "boxlite-paths-"));
    mkdirSync(at("source/sub/none"), { recursive: true });
    writeFileSync(at("source/a.txt"), "a");
    writeFileSync(at("source/sub/run.sh"), "echo ran");
    chmodSync(at("source/sub/run.sh"), 0o755);
    writeFileSync(at("source/sub", "ü".repeat(100)), "long");
    symlinkSync("../a.txt", at("source/sub/link"));
    linkSync(at("source/a.txt"), at("source/twin"));
    utimesSync(at("source/a.txt"), 1_600_000_000, 1_600_000_000);
  });
  afterAll(async () => {
    rmSync(root, { recursive: true });
    await server.close();
  });

  test("a directory there and back: contents, links, modes, times", async () => {
    await uploadPath(box, at("source"), "tree");
    await downloadPath(box, "tree", at("back"));
    expect(tree(at("back"))).toEqual(tree(at("source")));
    expect(statSync(at("back/sub/run.sh")).mode & 0o777).toBe(0o755);
    expect(statSync(at("back/a.txt")).mtimeMs).toBe(1_600_000_000_000);
    expect(statSync(at("back/twin")).ino).toBe(statSync(at("back/a.txt")).ino);
    expect((await (await box.exec("sh", ["tree/sub/run.sh"])).text()).stdout).toBe("ran\n");
  });

  test("again, over what is there", async () => {
    writeFileSync(at("source/a.txt"), "changed");
    await uploadPath(box, at("source"), "tree/");
    await downloadPath(box, "tree", at("back"));
    expect(tree(at("back"))).toEqual(tree(at("source")));
  });

  test("a file: to a name, and into a directory", async () => {
    await uploadPath(box, at("source/a.txt"), "named/other.txt");
    await uploadPath(box, at("source/a.txt"), "named/");
    expect(await box.files.readTextFile("named/other.txt")).toBe("changed");
    expect(await box.files.readTextFile("named/a.txt")).toBe("changed");
    await downloadPath(box, "named/other.txt", at("file.txt"));
    await downloadPath(box, "named/other.txt", at("made/"));
    await downloadPath(box, "named/a.txt", at("made"));
    expect(tree(at("made"))).toEqual({ "other.txt": "changed", "a.txt": "changed" });
    expect(tree(root)["file.txt"]).toBe("changed");
  });

  test("what is not there says so", async () => {
    await expect(uploadPath(box, at("missing"), "x")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(downloadPath(box, "missing", at("x"))).rejects.toMatchObject({ name: "NotFoundError" });
    writeFileSync(at("in-the-way"), "");
    await expect(downloadPath(box, "named", at("in-the-way/x"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  test("an abort leaves no file open", async () => {
    const before = await openFiles();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(uploadPath(box, at("source"), "y", { signal })).rejects.toThrow("enough");
    await expect(downloadPath(box, "tree", at("y"), { signal })).rejects.toThrow("enough");
    await expect.poll(openFiles).toEqual(before);
  });

  /** The paths below the test's directory that this process has open. */
  async function openFiles(): Promise<string[]> {
    const { readdir, readlink } = await import("node:fs/promises");
    const fds = await readdir("/proc/self/fd");
    const targets = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
    return targets.filter((target) => target.startsWith(root));
  }

  test("2,000 small files keep their digest, there and back", async () => {
    const many = at("many");
    for (let directory = 0; directory < 20; directory += 1) {
      mkdirSync(join(many, `d${directory}`), { recursive: true });
      for (let file = 0; file < 100; file += 1) {
        writeFileSync(join(many, `d${directory}/f${file}`), `${directory}.${file}`.repeat(file % 50));
      }
    }
    await uploadPath(box, many, "many");
    await downloadPath(box, "many", at("many-back"));
    const there = tree(many);
    expect(Object.keys(there)).toHaveLength(2_020);
    expect(tree(at("many-back"))).toEqual(there);
  });
});

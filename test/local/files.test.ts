import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpackTar } from "modern-tar";
import { describe, expect, onTestFinished, test } from "vitest";
import { startTestServer } from "./local-client.ts";
import { tar, tree, untar } from "./tree.ts";

async function startWithBox(dialect: "serve" | "runner") {
  const client = await startTestServer({ dialect });
  const box = await client.createBox();
  return { ...client, box, directory: await client.directoryOf(box) };
}

const A_FILE = { name: "a.txt", body: "alpha" };
const B_FILE = { name: "b.txt", body: "beta" };
const LONG = `${"d".repeat(200)}/${"f".repeat(250)}`;

describe.each(["serve", "runner"] as const)("uploads (%s)", (dialect) => {
  const serve = dialect === "serve";

  test.each<[string, string, string, Parameters<typeof tar>, Record<string, string | null>]>([
    ["one file is written at the path", "x", "", [A_FILE], { x: "alpha" }],
    [
      "also when directories are around it",
      "x",
      "",
      ["sub/", { ...A_FILE, name: "sub/a.txt" }, "more/"],
      { x: "alpha" },
    ],
    ["a slash at the end makes a directory", "x/", "", [A_FILE], { "x/": null, "x/a.txt": "alpha" }],
    [
      "source_is_dir makes a directory",
      "x",
      "&source_is_dir=true",
      [A_FILE],
      { "x/": null, "x/a.txt": "alpha" },
    ],
    [
      "two files make a directory",
      "x",
      "",
      [A_FILE, B_FILE],
      { "x/": null, "x/a.txt": "alpha", "x/b.txt": "beta" },
    ],
    [
      "the second may come late, and directories before and between",
      "x",
      "",
      ["one/", { name: "one/a.txt", body: "alpha" }, "two/", { name: "two/b.txt", body: "beta" }],
      { "x/": null, "x/one/": null, "x/one/a.txt": "alpha", "x/two/": null, "x/two/b.txt": "beta" },
    ],
    [
      "one symbolic link makes a directory",
      "x",
      "",
      [{ name: "l", header: { type: "symlink", linkname: "a.txt" } }],
      { "x/": null, "x/l": "symlink -> a.txt" },
    ],
    ["only directories make a directory", "x", "", ["sub/"], { "x/": null, "x/sub/": null }],
    ["nothing makes a directory", "x", "", [], { "x/": null }],
    ["missing directories are made", "p/q/x", "", [A_FILE], { "p/": null, "p/q/": null, "p/q/x": "alpha" }],
    ["in an archive too", "x/", "", [{ name: "p/q", body: "" }], { "x/": null, "x/p/": null, "x/p/q": "" }],
    ["source_is_dir=false: the file", "x", "&source_is_dir=false", [A_FILE], { x: "alpha" }],
    [
      "the parent itself is no entry",
      "x",
      "&source_is_dir=1",
      ["./", { ...A_FILE, name: "./a.txt" }],
      { "x/": null, "x/a.txt": "alpha" },
    ],
    [
      "a long name and one that is no ASCII",
      "x/",
      "",
      [
        { name: LONG, body: "1" },
        { name: "ü/ж – 🎈", body: "2" },
      ],
      {
        "x/": null,
        [`x/${"d".repeat(200)}/`]: null,
        [`x/${LONG}`]: "1",
        "x/ü/": null,
        "x/ü/ж – 🎈": "2",
      },
    ],
    ["an empty file", "x", "", [{ name: "empty" }], { x: "" }],
  ])("%s", async (_name, path, query, entries, expected) => {
    const { upload, box, directory } = await startWithBox(dialect);
    const reply = await upload(box, path, await tar(...entries), query);
    expect(reply, reply.text).toMatchObject({ status: 204, text: "" });
    expect(tree(directory)).toEqual(expected);
  });

  test.each(["1", "t", "T", "true", "TRUE", "True"])("source_is_dir=%s is true", async (hint) => {
    const { upload, box, directory } = await startWithBox(dialect);
    await upload(box, "x", await tar(A_FILE), `&source_is_dir=${hint}`);
    expect(tree(directory)).toEqual({ "x/": null, "x/a.txt": "alpha" });
  });

  test.each(["0", "f", "F", "false", "FALSE", "False"])("source_is_dir=%s is false", async (hint) => {
    const { upload, box, directory } = await startWithBox(dialect);
    expect((await upload(box, "x", await tar(A_FILE, B_FILE), `&source_is_dir=${hint}`)).status).toBe(400);
    expect((await upload(box, "x", await tar("sub/"), `&source_is_dir=${hint}`)).status).toBe(400);
    expect(tree(directory)).toEqual({});
  });

  test("a directory that is there takes a file into it, also one that a link leads to", async () => {
    const { upload, box, directory } = await startWithBox(dialect);
    mkdirSync(join(directory, "there"));
    symlinkSync("there", join(directory, "link"));
    await upload(box, "there", await tar(A_FILE), "&source_is_dir=false");
    await upload(box, "link", await tar(B_FILE));
    expect(tree(directory)).toEqual({
      "there/": null,
      "there/a.txt": "alpha",
      "there/b.txt": "beta",
      link: "symlink -> there",
    });
  });

  test("what is there is overwritten, overwrite=false or not, and links are replaced, not followed", async () => {
    const { upload, box, directory } = await startWithBox(dialect);
    writeFileSync(join(directory, "precious"), "kept");
    writeFileSync(join(directory, "b.txt"), "old");
    symlinkSync("precious", join(directory, "a.txt"));
    await upload(box, ".", await tar(A_FILE, B_FILE), "&overwrite=false");
    expect(tree(directory)).toEqual({ precious: "kept", "a.txt": "alpha", "b.txt": "beta" });
  });

  test("an absolute path is one of this machine", async () => {
    const { upload, download, box, directory } = await startWithBox(dialect);
    await upload(box, join(directory, "x"), await tar(A_FILE));
    expect(tree(directory)).toEqual({ x: "alpha" });
    expect(await untar((await download(box, join(directory, "x"))).bytes)).toEqual({ x: "alpha" });
  });

  test("modes and times are kept, of directories too, whatever the umask and the order", async () => {
    const { upload, box, directory } = await startWithBox(dialect);
    const mtime = new Date("2001-02-03T04:05:06Z");
    const entry = (name: string, mode: number, header = {}) => ({ name, header: { mode, mtime, ...header } });
    await upload(
      box,
      "x/",
      await tar(
        entry("./", 0o111),
        entry("locked/", 0o555),
        entry("locked/run", 0o4777),
        entry("locked/secret", 0o600),
        entry("l", 0o777, { type: "symlink", linkname: "locked" }),
      ),
    );
    const seen = (name: string) => {
      const { mode, mtime: time } = lstatSync(join(directory, "x", name));
      return [(mode & 0o7777).toString(8), time];
    };
    // The destination's own are left alone.
    expect(seen(".")[0]).not.toBe("111");
    expect(seen("locked")).toEqual(["555", mtime]);
    expect(seen("locked/run")).toEqual(["777", mtime]);
    expect(seen("locked/secret")).toEqual(["600", mtime]);
    expect(seen("l")[1]).toEqual(mtime);
  });

  test("hard links are one file, also to the first of all", async () => {
    const { upload, box, directory } = await startWithBox(dialect);
    const link = { name: "sub/second", header: { type: "link", linkname: "a.txt" } as const };
    for (const path of ["x", "y/"]) {
      const reply = await upload(box, path, await tar(A_FILE, link));
      expect(reply.status, reply.text).toBe(204);
      const [one, other] = ["a.txt", "sub/second"].map((name) => statSync(join(directory, path, name)));
      expect(one?.ino).toBe(other?.ino);
      expect(tree(join(directory, path))).toEqual({ "a.txt": "alpha", "sub/": null, "sub/second": "alpha" });
    }
    // Again, over itself.
    expect((await upload(box, "x", await tar(A_FILE, link, link))).status).toBe(204);
    expect(tree(join(directory, "x"))).toEqual({ "a.txt": "alpha", "sub/": null, "sub/second": "alpha" });
  });

  test("need a path", async () => {
    const { send, box } = await startWithBox(dialect);
    for (const method of ["PUT", "GET"]) {
      const missing = await send(method, `/v1/boxes/${box}/files`);
      const envelope = {
        error: {
          message: "path query parameter required",
          type: "InvalidArgumentError",
          code: "invalid_argument",
        },
      };
      expect(missing.status).toBe(400);
      if (serve) {
        expect(missing.text).toBe("Failed to deserialize query string: missing field `path`");
        expect(missing.headers["content-type"]).toMatch(/^text\/plain/);
      } else {
        expect(missing.json).toEqual(envelope);
      }
      expect(await send(method, `/v1/boxes/${box}/files?path=`)).toMatchObject({
        status: 400,
        json: envelope,
      });
      for (const path of ["..", "a/../b", "/tmp/../etc", "a/.."]) {
        const reply = await send(method, `/v1/boxes/${box}/files?path=${path}`);
        expect(reply, path).toMatchObject({ status: 400, json: { error: { code: "invalid_argument" } } });
      }
      expect((await send(method, `/v1/boxes/${box}/files?path=a%00b`)).status).toBe(400);
    }
    expect((await send("PUT", `/v1/boxes/${box}/files?path=x&source_is_dir=perhaps`)).status).toBe(400);
  });

  test("404 for a box that is not there", async () => {
    const { send, upload, download } = await startTestServer({ dialect });
    // The cloud's API looks for the box first, serve reads the query first.
    for (const method of ["PUT", "GET"]) {
      expect((await send(method, "/v1/boxes/nope/files")).status).toBe(serve ? 400 : 404);
    }
    const message = "box not found: nope";
    for (const reply of [await upload("nope", "x", await tar(A_FILE)), await download("nope", "x")]) {
      expect(reply.status).toBe(404);
      expect(reply.json).toMatchObject(serve ? { error: { message } } : { message, statusCode: 404 });
    }
  });

  test("wake a box that is stopped, unless auto_resume is off", async () => {
    const { send, upload, download, createBox } = await startTestServer({ dialect });
    const sleepy = await createBox();
    await send("POST", `/v1/boxes/${sleepy}/stop`);
    expect((await upload(sleepy, "x", await tar(A_FILE))).status).toBe(204);
    expect((await send("GET", `/v1/boxes/${sleepy}`)).json.status).toBe("running");
    await send("POST", `/v1/boxes/${sleepy}/stop`);
    expect((await download(sleepy, "x")).status).toBe(200);
    expect((await send("GET", `/v1/boxes/${sleepy}`)).json.status).toBe("running");

    const off = await createBox({ auto_resume: false });
    await send("POST", `/v1/boxes/${off}/stop`);
    for (const reply of [await upload(off, "x", await tar(A_FILE)), await download(off, ".")]) {
      expect(reply).toMatchObject({
        status: 409,
        json: {
          error: {
            message: `box ${off} is stopped and auto_resume is off`,
            type: "InvalidStateError",
            code: "invalid_state",
          },
        },
      });
    }
    expect((await send("GET", `/v1/boxes/${off}`)).json.status).toBe("stopped");
  });
});

describe.each(["serve", "runner"] as const)("downloads (%s)", (dialect) => {
  test("a directory: what is in it, relative to it", async () => {
    const { download, box, directory } = await startWithBox(dialect);
    const x = join(directory, "x");
    mkdirSync(join(x, "sub"), { recursive: true });
    mkdirSync(join(x, "empty"));
    writeFileSync(join(x, "a.txt"), "alpha");
    writeFileSync(join(x, "nothing"), "");
    writeFileSync(join(x, "sub", "b.txt"), "beta");
    symlinkSync("sub/b.txt", join(x, "link"));
    symlinkSync("/nowhere/at/all", join(x, "dangling"));
    execFileSync("mkfifo", [join(x, "fifo")]);
    const expected = {
      "a.txt": "alpha",
      dangling: "symlink -> /nowhere/at/all",
      "empty/": null,
      link: "symlink -> sub/b.txt",
      nothing: "",
      "sub/": null,
      "sub/b.txt": "beta",
    };
    for (const path of ["x", "x/", "./x"]) {
      const reply = await download(box, path);
      expect(reply.status).toBe(200);
      expect(reply.headers).toMatchObject({
        "content-type": "application/x-tar",
        "x-boxlite-source-is-dir": "true",
      });
      const found = await untar(reply.bytes);
      expect(found).toEqual(expected);
      expect(Object.keys(found).indexOf("sub/")).toBeLessThan(Object.keys(found).indexOf("sub/b.txt"));
    }
  });

  test("a file: one entry with its name, also behind a link", async () => {
    const { download, box, directory } = await startWithBox(dialect);
    mkdirSync(join(directory, "sub"));
    writeFileSync(join(directory, "sub", "ü.txt"), "umlaut");
    symlinkSync("sub/ü.txt", join(directory, "link"));
    const reply = await download(box, "sub/ü.txt");
    expect(reply.headers["x-boxlite-source-is-dir"]).toBe("false");
    expect(await untar(reply.bytes)).toEqual({ "ü.txt": "umlaut" });
    expect(await untar((await download(box, "link")).bytes)).toEqual({ link: "umlaut" });
  });

  test("modes and times are told, and a second name of a file as a hard link", async () => {
    const { download, run, box, directory } = await startWithBox(dialect);
    writeFileSync(join(directory, "run"), "#!");
    chmodSync(join(directory, "run"), 0o751);
    mkdirSync(join(directory, "sub"), { mode: 0o700 });
    const script = "ln run sub/second; touch -d @1000000000 run sub";
    await run(box, { command: "sh", args: ["-c", script] });
    const entries = await unpackTar((await download(box, ".")).bytes, { strict: true });
    const mtime = new Date(1_000_000_000_000);
    expect(entries.map(({ header }) => header)).toMatchObject([
      { name: "run", mode: 0o751, type: "file", mtime },
      { name: "sub/", mode: 0o700, type: "directory", mtime },
      { name: "sub/second", mode: 0o751, type: "link", linkname: "run", mtime },
    ]);
  });

  test("404 when there is nothing, 400 when it is neither a file nor a directory", async () => {
    const { download, box } = await startWithBox(dialect);
    expect(await download(box, "nope")).toMatchObject({
      status: 404,
      json: {
        error: { message: "source path does not exist", type: "NotFoundError", code: "not_found" },
      },
    });
    expect((await download(box, "/dev/zero")).status).toBe(400);
  });

  test("are what the system's tar makes and reads, both ways", async () => {
    const { upload, download, box, directory } = await startWithBox(dialect);
    const here = mkdtempSync(join(tmpdir(), "boxlite-web-tar-"));
    onTestFinished(() => rmSync(here, { recursive: true, force: true }));
    const [from, to] = [join(here, "from"), join(here, "to")];
    mkdirSync(join(from, LONG), { recursive: true });
    mkdirSync(to);
    writeFileSync(join(from, LONG, "ж".repeat(100)), "deep");
    writeFileSync(join(from, "a.txt"), "alpha");
    symlinkSync(join(LONG, "ж".repeat(100)), join(from, "far"));
    execFileSync("ln", ["a.txt", "hard"], { cwd: from });
    const reply = await upload(box, "x", execFileSync("tar", ["-cf", "-", "."], { cwd: from }));
    expect(reply.status, reply.text).toBe(204);
    expect(tree(join(directory, "x"))).toEqual(tree(from));
    execFileSync("tar", ["-xf", "-"], { cwd: to, input: (await download(box, "x")).bytes });
    expect(tree(to)).toEqual(tree(from));
  });
});

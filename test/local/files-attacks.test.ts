import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startTestServer } from "./local-client.ts";
import { type Entry, tar, tree } from "./tree.ts";

const symlink = (name: string, linkname: string): Entry => ({ name, header: { type: "symlink", linkname } });
const hardLink = (name: string, linkname: string): Entry => ({ name, header: { type: "link", linkname } });
const file = (name: string): Entry => ({ name, body: "evil" });

describe.each(["serve", "runner"] as const)("archives that lead out of their destination (%s)", (dialect) => {
  /** Beside the destination `x` is `secret`, which nothing may touch, and `outside/`, which must stay empty. */
  async function attack(bytes: Uint8Array, path: string) {
    const { createBox, upload, directoryOf } = await startTestServer({ dialect });
    const box = await createBox();
    const directory = await directoryOf(box);
    writeFileSync(join(directory, "secret"), "secret");
    mkdirSync(join(directory, "outside"));
    mkdirSync(join(directory, "parent"));
    const reply = await upload(box, `parent/${path}`, bytes);
    const found = tree(directory);
    expect(found).toMatchObject({ secret: "secret", "outside/": null });
    expect(Object.keys(found).filter((name) => !/^(secret|outside\/|parent\/(x\/.*)?)$/.test(name))).toEqual(
      [],
    );
    return { reply, found };
  }

  const cases: [string, Entry[], RegExp][] = [
    ["..", [file("../evil")], /outside the destination/],
    [".. in the middle", [file("a/../../evil")], /outside the destination/],
    [".. that comes back", [file("a/../evil")], /outside the destination/],
    ["an absolute path", [file("/tmp/boxlite-web-evil")], /outside the destination/],
    ["a directory outside", [{ name: "../evil/" }], /outside the destination/],
    ["a link to ..", [symlink("l", "../../outside")], /leads out/],
    ["a link to an absolute path", [symlink("l", "/etc/passwd")], /leads out/],
    ["writing through such a link", [symlink("l", "../../outside"), file("l/evil")], /leads out/],
    [
      "a link whose way out is another link's",
      [{ name: "sub/" }, symlink("sub/d", ".."), symlink("l", "sub/d/../../outside"), file("l/evil")],
      /leads out/,
    ],
    [
      "the same with the other link after it",
      [{ name: "sub/" }, symlink("l", "sub/d/../../outside"), symlink("sub/d", "..")],
      /leads out/,
    ],
    ["links in a circle", [symlink("a", "b"), symlink("b", "a")], /leads out/],
    ["a hard link to a file outside", [hardLink("h", "../../secret")], /outside the destination/],
    ["a hard link to an absolute path", [hardLink("h", "/etc/passwd")], /outside the destination/],
    ["a hard link to a link", [symlink("s/l", "../t"), hardLink("h", "s/l")], /no file to link to/],
    ["a hard link to nothing", [hardLink("h", "nothing")], /ENOENT/],
    ["a device", [{ name: "null", header: { type: "character-device" } }], /character-device/],
    ["a file where a directory is needed", [file("f"), file("f/g")], /has a file on its way/],
    ["a directory where a file is", [file("f"), { name: "f/" }, file("g")], /has a file on its way/],
    ["a file where a directory is", [{ name: "d/" }, file("d/e"), { name: "d", body: "" }], /EISDIR/],
    ["a name that is too long", [file("n".repeat(256)), file("b")], /ENAMETOOLONG/],
    ["a file without a name", [file("."), file("a")], /is the destination itself/],
  ];

  test.each(cases)("%s", async (_name, entries, message) => {
    for (const path of ["x/", "x"]) {
      const { reply, found } = await attack(await tar(...entries), path);
      expect(reply, path).toMatchObject({
        status: 400,
        json: { error: { type: "InvalidArgumentError", code: "invalid_argument" } },
      });
      expect(reply.text).toMatch(/"failed to extract tar: /);
      expect(reply.text).toMatch(message);
      // No half file, no link that leads out.
      expect(Object.values(found).filter((value) => /outside|etc/.test(value ?? ""))).toEqual([]);
    }
    expect(existsSync("/tmp/boxlite-web-evil")).toBe(false);
  });

  test("links that stay inside are kept, also before what they lead to, also absolute ones", async () => {
    const { createBox, upload, directoryOf } = await startTestServer({ dialect });
    const box = await createBox();
    const inside = join(await directoryOf(box), "x");
    const entries = [
      symlink("early", "sub/late"),
      symlink("sub/up", "../sub/late"),
      symlink("absolute", join(inside, "sub")),
      symlink("itself", "."),
      file("absolute/late"),
    ];
    const reply = await upload(box, "x", await tar(...entries));
    expect(reply.status, reply.text).toBe(204);
    expect(tree(inside)).toEqual({
      early: "symlink -> sub/late",
      "sub/": null,
      "sub/up": "symlink -> ../sub/late",
      absolute: `symlink -> ${inside}/sub`,
      itself: "symlink -> .",
      "sub/late": "evil",
    });
  });

  test("a link is followed through absolute ones", async () => {
    const { createBox, upload, directoryOf } = await startTestServer({ dialect });
    const box = await createBox();
    const inside = join(await directoryOf(box), "x");
    const entries = [{ name: "sub/" }, symlink("d", join(inside, "sub")), symlink("l", "d/../../outside")];
    const reply = await upload(box, "x", await tar(...entries));
    expect(reply.text).toMatch(/leads out/);
    expect(tree(inside)).not.toHaveProperty("l");
  });

  test("a link out that was there before is not followed", async () => {
    const { createBox, upload, directoryOf } = await startTestServer({ dialect });
    const box = await createBox();
    const directory = await directoryOf(box);
    mkdirSync(join(directory, "x"));
    mkdirSync(join(directory, "outside"));
    symlinkSync("../outside", join(directory, "x", "l"));
    for (const entries of [[file("l/evil")], [{ name: "l/evil/" }], [file("a"), hardLink("l/evil", "a")]]) {
      expect((await upload(box, "x", await tar(...entries))).status).toBe(400);
    }
    expect(tree(join(directory, "outside"))).toEqual({});
  });

  test.each<[string, (whole: Uint8Array) => Uint8Array]>([
    ["nothing", () => new Uint8Array()],
    ["a cut in the header", (whole) => whole.subarray(0, 100)],
    ["a cut in a file", (whole) => whole.subarray(0, 700)],
    ["a cut between two entries", (whole) => whole.subarray(0, 1536)],
    ["a cut before the last block", (whole) => whole.subarray(0, whole.length - 512)],
    ["a header that was changed", (whole) => whole.with(3, 1)],
    ["something after the end", (whole) => Buffer.concat([whole, Buffer.from("more")])],
    ["no archive", () => Buffer.from("hello ".repeat(500))],
  ])("broken archives: %s", async (_name, damage) => {
    const bytes = damage(await tar({ name: "a", body: "a".repeat(600) }, { name: "b", body: "b" }));
    for (const path of ["x/", "x"]) {
      const { reply, found } = await attack(bytes, path);
      expect(reply, path).toMatchObject({ status: 400, json: { error: { code: "invalid_argument" } } });
      expect(reply.text).toMatch(/"failed to extract tar: /);
      // What is there is whole.
      expect([undefined, "a".repeat(600)]).toContain(found["parent/x/a"]);
    }
  });

  test("a broken archive of one file leaves the file that was there", async () => {
    const { createBox, upload, directoryOf } = await startTestServer({ dialect });
    const box = await createBox();
    const directory = await directoryOf(box);
    writeFileSync(join(directory, "x"), "old");
    const whole = await tar({ name: "a", body: "new" });
    for (const hint of ["", "&source_is_dir=false"]) {
      expect((await upload(box, "x", whole.subarray(0, -512), hint)).status).toBe(400);
      expect(tree(directory)).toEqual({ x: "old" });
    }
    await upload(box, "x", whole);
    expect(tree(directory)).toEqual({ x: "new" });
  });
});

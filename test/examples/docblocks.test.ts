import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as main from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import * as node from "../../src/node/index.ts";
import { asBody, asModule, examplesOfSources, ROOT } from "./docblocks.ts";

const examples = examplesOfSources();

test("there are examples", () => {
  expect(examples.length).toBeGreaterThan(5);
});

test("they compile, as they stand", () => {
  const directory = join(ROOT, "node_modules/.cache/docblock-examples");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "examples.ts"), asModule(examples));
  const compilerOptions = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
  };
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions,
    include: [],
    files: ["examples.ts"],
  };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  expect(spawnSync(process.execPath, [tsc, "-p", directory], { encoding: "utf8" }).stdout).toBe("");
});

describe("they run, and print what they say", () => {
  let server: LocalServer;
  let cwd: string;
  const before = process.cwd();
  beforeAll(async () => {
    server = await startLocalServer();
    cwd = mkdtempSync(join(tmpdir(), "boxlite-examples-"));
    // What the examples upload.
    mkdirSync(join(cwd, "src"));
    writeFileSync(join(cwd, "src/main.sh"), "echo hello");
    writeFileSync(join(cwd, "package.json"), "{}");
  });
  afterAll(async () => {
    process.chdir(before);
    rmSync(cwd, { recursive: true });
    await server.close();
  });

  const modules: Record<string, unknown> = { "boxlite-web": main, "boxlite-web/node": node };

  test.each(examples.map((example) => [example.place, example] as const))("%s", async (_, example) => {
    const boxlite = new main.BoxLite({ baseUrl: server.url, token: server.token });
    const box = await boxlite.boxes.create();
    // The boxes of the local server have no root of their own: what is absolute in an example is below its directory.
    const body = asBody(example).replace(/(["`])\/app/g, "$1app");
    const printed: string[] = [];
    const console = { log: (...values: unknown[]) => printed.push(values.join(" ").trimEnd()) };
    const AsyncFunction = (async () => {}).constructor as new (
      ...args: string[]
    ) => (...args: unknown[]) => Promise<void>;
    process.chdir(cwd);
    const load = async (name: string) => modules[name];
    await box.files.writeFile("app/out/result.txt", "42");
    await new AsyncFunction("boxlite", "box", "console", "load", body)(boxlite, box, console, load);
    for (const text of example.prints) expect(printed).toContain(text);
  });
});

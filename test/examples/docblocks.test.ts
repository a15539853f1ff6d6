import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { BoxLite } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { asRunning, CONTEXT, type Example, examplesOfMarkdown, examplesOfSources } from "./docblocks.ts";
import { ROOT } from "./markdown.ts";

const ofSources = examplesOfSources();
const ofMarkdown = examplesOfMarkdown();
const running = [...ofSources, ...ofMarkdown.running];

test("there are examples", () => {
  expect(ofSources.length).toBeGreaterThan(5);
  expect(ofMarkdown.typed.length).toBeGreaterThan(20);
  expect(ofMarkdown.running.length).toBeGreaterThan(4);
  expect(ofMarkdown.scripts.length).toBeGreaterThan(10);
});

test("they compile, as they stand", () => {
  const directory = join(ROOT, "node_modules/.cache/docblock-examples");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const compilerOptions = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
    // Of JavaScript, only the syntax is looked at: it is from pages and servers of many kinds.
    allowJs: true,
  };
  const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["*"] };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(directory, "context.ts"), CONTEXT);
  // Each is a module of its own, called by its place.
  const write = ({ place, code }: Example, language: string) =>
    writeFileSync(join(directory, `${place.replace(/[/:]/g, "_")}.${language}`), code);
  for (const example of [...ofSources, ...ofMarkdown.typed]) write(example, "ts");
  for (const example of ofMarkdown.scripts) write(example, "js");
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  expect(spawnSync(process.execPath, [tsc, "-p", directory], { encoding: "utf8" }).stdout).toBe("");
});

describe("they run, and print what they say", () => {
  let server: LocalServer;
  let folder: string;
  const before = process.cwd();
  beforeAll(async () => {
    server = await startLocalServer();
    folder = mkdtempSync(join(tmpdir(), "boxlite-examples-"));
    // What the examples upload.
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src/main.sh"), "echo hello");
    writeFileSync(join(folder, "package.json"), "{}");
    process.chdir(folder);
  });
  afterAll(async () => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
    await server.close();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  const named = running.map((example, at): [string, Example, number] => [example.place, example, at]);

  test.each(named)("%s", async (_, example, at) => {
    const boxlite = new BoxLite({ baseUrl: server.url, token: server.token });
    const box = await boxlite.boxes.create();
    await box.files.writeFile("app/out/result.txt", "42");
    vi.stubGlobal("boxlite", boxlite);
    vi.stubGlobal("box", box);
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const file = join(folder, `example-${at}.ts`);
    writeFileSync(file, asRunning(example, server));
    await import(/* @vite-ignore */ file);
    const printed = log.mock.calls.map((values) => values.join(" ").trimEnd());
    for (const text of example.prints) expect(printed).toContain(text);
  });
});

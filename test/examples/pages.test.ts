import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually, launchChromium } from "../../e2e/support/demo.ts";
import { findChromium } from "../../scripts/chromium.mjs";
import { BoxLite } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { type FaultProxy, startFaultProxy } from "../../src/testing/index.ts";
import { running } from "../gateway/runtimes/start.ts";
import type { Packed } from "../package/tarball.ts";
import { installExamples } from "./installed-examples.ts";
import "../gateway/patience.ts";

/** The examples that are pages, as they are served and built, in Chromium. */

const missing = (await findChromium()) === undefined ? "no Chromium (or set CHROMIUM_PATH)" : null;
if (missing !== null) console.log(`the examples' pages are left out: ${missing}`);

describe.skipIf(missing !== null)("in Chromium", () => {
  const PACKAGES = ["@xterm/addon-fit", "@xterm/xterm", "react", "react-dom", "scheduler", "vite"];
  let installed: Packed;
  let server: LocalServer;
  let proxy: FaultProxy;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  const servers: ChildProcess[] = [];

  beforeAll(async () => {
    installed = installExamples(PACKAGES);
    server = await startLocalServer();
    proxy = await startFaultProxy({ target: server.url });
    browser = await launchChromium();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await proxy?.close();
    await server?.close();
    installed?.[Symbol.dispose]();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    errors = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
  });
  afterEach(async () => {
    await page.close();
    for (const child of servers.splice(0)) {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    }
  });

  /** Runs a script of Node's in a folder of the installation. */
  function start(folder: string, args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, args, {
      cwd: join(installed.folder, folder),
      env: { ...process.env, BOXLITE_REST_URL: proxy.url, BOXLITE_API_KEY: server.token, PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    return child;
  }

  /** Builds a page with Vite, and serves what was built; returns its URL. */
  async function preview(folder: string): Promise<string> {
    const vite = join(installed.folder, "node_modules/vite/bin/vite.js");
    const built = start(folder, [vite, "build", "--logLevel", "error"]);
    expect(await once(built, "exit")).toEqual([0, null]);
    const child = start(folder, ["--input-type=module", "--eval", PREVIEW]);
    servers.push(child);
    return (await running(child, (line) => line)).url;
  }

  /** `vite preview` on any free port, whose number its own command line does not tell in a form that can be read. */
  const PREVIEW = `
    import { preview } from "vite";
    const server = await preview({ preview: { host: "127.0.0.1", port: 0 } });
    console.log(server.resolvedUrls.local[0]);`;

  test("no-bundler: its import map is all that it takes", async () => {
    const child = start(".", ["examples/no-bundler/server.js"]);
    servers.push(child);
    const { url } = await running(child, (line) => line);
    await page.goto(url);
    await page.locator("pre", { hasText: "exit" }).waitFor();
    expect(await page.locator("pre").innerText()).toBe("1\n2\n3\nexit 0\n");
    expect(errors).toEqual([]);
    for (const path of ["examples/no-bundler/server.js", "node_modules/ws/index.js", "package.json"]) {
      expect((await fetch(new URL(path, url))).status).toBe(404);
    }
  });

  test("vite-xterm: a terminal that outlives its connection", async () => {
    await page.goto(await preview("examples/vite-xterm"));
    const rows = page.locator(".xterm-rows");
    await page.locator("#status[data-state=connected]").waitFor();
    await page.keyboard.type("echo $((6 * 7))\n");
    await rows.getByText(/^42\s*$/).waitFor();
    const { attaches } = proxy;
    proxy.cut("rst");
    await eventually(() => proxy.attaches).toBeGreaterThan(attaches);
    await page.locator("#status[data-state=connected]").waitFor();
    await page.keyboard.type("echo $((7 * 8))\n");
    await rows.getByText(/^56\s*$/).waitFor();
    expect(await rows.getByText(/^42\s*$/).count()).toBe(1);
  });

  test("react: the hook follows, over a cut, and lets go when it is unmounted", async () => {
    await page.goto(await preview("examples/react"));
    await page.getByRole("status").getByText("connected", { exact: true }).waitFor();
    const [boxId = "", executionId = ""] = new URL(page.url()).hash.slice(1).split("/");
    const box = await new BoxLite({ baseUrl: server.url, token: server.token }).boxes.get(boxId);
    const write = async (line: string) => (await box.exec("sh", ["-c", `echo ${line} >> app.log`])).exit;
    const output = page.locator("pre");

    await write("one");
    await output.getByText("one").waitFor();
    const { attaches } = proxy;
    proxy.cut("rst");
    await eventually(() => proxy.attaches).toBeGreaterThan(attaches);
    await write("two");
    await output.getByText("two").waitFor();
    expect(await output.innerText()).toBe("one\ntwo\n");

    await page.getByRole("button", { name: "Hide" }).click();
    await eventually(() => proxy.open).toBe(0);
    expect(await box.execution(executionId).status()).toMatchObject({ status: "running" });
    await page.getByRole("button", { name: "Show" }).click();
    await output.getByText("two").waitFor();
    expect(await output.innerText()).toBe("one\ntwo\n");

    await box.execution(executionId).signal("SIGTERM");
    await page.getByText("exit code -15").waitFor();
    expect(await page.getByRole("status").innerText()).toBe("exited");
  });
});

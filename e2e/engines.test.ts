import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "./support/demo.ts";
import { ENGINES, type Engine, type EnginePage } from "./support/engines.ts";
import { TRANSFERRED, transferFiles } from "./support/files.ts";
import { type BarePage, startBarePage } from "./support/page.ts";
import { startTabsStage, type TabsStage } from "./support/tabs.ts";
import { serveTerminalPage, type TerminalPageServer } from "./support/terminal-page.ts";
import type {} from "./tabs/main.ts";
import type {} from "./xterm/main.ts";

/** The core behaviours in the other browsers, which have other sockets, streams, locks and channels. */

for (const { name, missing } of ENGINES) {
  if (missing !== null) console.log(`${name} is not on this machine, its tests are left out: ${missing}`);
}

/** What the page keeps of a command. */
interface Kept {
  readonly text: Record<"stdout" | "stderr", string>;
  readonly types: string[];
  result: { exitCode: number | null; complete: boolean } | null;
  failure: string | null;
}

declare global {
  var kept: Kept;
}

describe.each(ENGINES)("$name", ({ missing, start }) => {
  let engine: Engine;
  let bare: BarePage;
  let terminals: TerminalPageServer;
  let tabs: TabsStage;

  beforeAll(async () => {
    if (missing !== null) return;
    engine = await start();
    bare = await startBarePage();
    terminals = await serveTerminalPage({ dialect: "serve" });
    tabs = await startTabsStage();
  }, 120_000);
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
    await bare?.[Symbol.asyncDispose]();
    await terminals?.[Symbol.asyncDispose]();
    await tabs?.[Symbol.asyncDispose]();
  });

  /** What is left out has its reason printed above. */
  const testHere = test.skipIf(missing !== null);

  /** A page with the library. */
  async function openBare(): Promise<EnginePage> {
    const page = await engine.open(bare.url);
    await eventually(() => page.run(() => "boxlite" in globalThis)).toBe(true);
    return page;
  }

  /** A page that runs a command, and keeps what it says. */
  async function run(command: string): Promise<EnginePage> {
    const page = await openBare();
    await page.run(async (command) => {
      const kept: Kept = {
        text: { stdout: "", stderr: "" },
        types: [],
        result: null,
        failure: null,
      };
      globalThis.kept = kept;
      const box = await new boxlite.BoxLite({ baseUrl: "/api" }).boxes.create({ image: "alpine:latest" });
      const execution = await box.exec("sh", ["-c", command]);
      const each = async <T>(stream: ReadableStream<T>, take: (value: T) => void) => {
        const reader = stream.getReader();
        for (let next = await reader.read(); !next.done; next = await reader.read()) take(next.value);
      };
      const keep = (name: "stdout" | "stderr") => {
        const decoder = new TextDecoder();
        return each(execution[name], (bytes) => {
          kept.text[name] += decoder.decode(bytes, { stream: true });
        });
      };
      const all = [
        keep("stdout"),
        keep("stderr"),
        each(execution.events, ({ type }) => kept.types.push(type)),
      ];
      Promise.all([execution.exit, ...all]).then(
        ([{ exitCode, complete }]) => {
          kept.result = { exitCode, complete };
        },
        (error) => {
          kept.failure = String(error);
        },
      );
    }, command);
    return page;
  }

  testHere("output over cuts is what the process wrote, on both streams", async () => {
    const lines = 400;
    const page = await run(
      `i=0; while [ $i -lt ${lines} ]; do i=$((i + 1)); echo "line $i"; echo "warning $i" >&2; sleep 0.01; done; exit 3`,
    );
    for (let cuts = 1; cuts <= 3; cuts += 1) {
      const before = await page.run(() => kept.text.stdout.length);
      await eventually(() => page.run(() => kept.text.stdout.length)).toBeGreaterThan(before);
      bare.proxy.cut(cuts === 2 ? "fin" : "rst");
      const connected = () => page.run(() => kept.types.filter((type) => type === "connected").length);
      await eventually(connected).toBeGreaterThan(cuts);
    }
    await eventually(() => page.run(() => kept.result ?? kept.failure)).toEqual({
      exitCode: 3,
      complete: true,
    });
    const numbered = (word: string) =>
      Array.from({ length: lines }, (_, at) => `${word} ${at + 1}\n`).join("");
    expect(await page.run(() => kept.text)).toEqual({
      stdout: numbered("line"),
      stderr: numbered("warning"),
    });
    await page.close();
  });

  testHere("a box that is not there, and a server that is not, are typed errors", async () => {
    const page = await openBare();
    const failure = (baseUrl: string) =>
      page.run(async (url) => {
        try {
          await new boxlite.BoxLite({ baseUrl: url }).boxes.get("none");
          return "no error";
        } catch (error) {
          if (!(error instanceof boxlite.BoxLiteError)) return `not typed: ${error}`;
          return error.name;
        }
      }, baseUrl);
    expect(await failure("/api")).toBe("NotFoundError");
    expect(await failure("http://127.0.0.1:9/")).toBe("NetworkError");
    await page.close();
  });

  testHere("files go up and come down as they were", async () => {
    const page = await openBare();
    expect(await page.run(transferFiles)).toEqual(TRANSFERRED);
    await page.close();
  });

  testHere("a shell in a terminal over a cut: what is typed is answered once", async () => {
    const page = await engine.open(terminals.url);
    await eventually(() => page.run(() => "page" in window)).toBe(true);
    await page.run(() => window.page.start("sh", ["-i"], { env: { PS1: "$ ", HISTFILE: "/dev/null" } }));
    const shown = () => page.run(() => window.page.screen().join("\n").trimEnd());
    await eventually(shown).toBe("$");
    await page.run(() => window.page.terminal.input("echo before; stty size\r"));
    await eventually(shown).toBe("$ echo before; stty size\nbefore\n30 100\n$");
    const { attaches } = terminals.proxy;
    terminals.proxy.cut("rst");
    await eventually(() => terminals.proxy.attaches).toBeGreaterThan(attaches);
    await eventually(() =>
      page.run(() => document.querySelector("#status")?.getAttribute("data-state")),
    ).toBe("connected");
    await page.run(() => window.page.terminal.input("echo after\r"));
    await eventually(shown).toBe("$ echo before; stty size\nbefore\n30 100\n$ echo after\nafter\n$");
    await page.close();
  });

  testHere("two tabs share an execution, and the leader is closed", async () => {
    const leader = await tabs.open(engine);
    const ids = await leader.run((command) => window.tab.start(command), "cat");
    const role = (page: EnginePage) => eventually(() => page.run(() => window.tab.state().role));
    await role(leader).toBe("leader");
    const follower = await tabs.open(engine);
    await follower.run((to) => window.tab.attach(to), ids);
    await role(follower).toBe("follower");
    const text = (page: EnginePage) => eventually(() => page.run(() => window.tab.text("stdout")));
    await follower.run(() => window.tab.write("one\n"));
    await text(leader).toBe("one\n");
    await text(follower).toBe("one\n");
    await leader.close();
    await role(follower).toBe("leader");
    await follower.run(() => window.tab.write("two\n"));
    await text(follower).toBe("one\ntwo\n");
    await follower.run(() => window.tab.end());
    await eventually(() => follower.run(() => window.tab.state().exit?.exitCode)).toBe(0);
    await follower.close();
  });
});

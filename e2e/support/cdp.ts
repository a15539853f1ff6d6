import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { findChromium } from "../../scripts/chromium.mjs";
import type { EnginePage } from "./engines.ts";

/**
 * Chromium over its own protocol, without Playwright: that emulates focus for every page, and a page with focus is never frozen,
 * nor slowed down in the background.
 */
export interface Chromium extends AsyncDisposable {
  /** A profile without a past: its tabs share channels and locks. */
  profile(): Promise<Profile>;
}

export interface Profile extends AsyncDisposable {
  open(url: string): Promise<Page>;
}

export interface Page extends EnginePage {
  send(method: string, params?: object): Promise<unknown>;
  /** Resolves with the next event of a kind. */
  event(method: string): Promise<void>;
}

const FLAGS = [
  "--headless=new",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
];

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export async function startChromium(): Promise<Chromium> {
  const path = await findChromium();
  if (path === undefined) throw new Error("no Chromium was found: set CHROMIUM_PATH");
  const folder = await mkdtemp(join(tmpdir(), "boxlite-web-chromium-"));
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const child = spawn(path, [...FLAGS, ...sandbox, `--user-data-dir=${folder}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  const socket = new WebSocket(await addressFrom(child.stderr));
  await once(socket, "open");
  const calls = new Map<number, (answer: Answer) => void>();
  const waiting = new Map<string, (() => void)[]>();
  let count = 0;
  socket.on("message", (data) => {
    const answer: Answer = JSON.parse(String(data));
    if (answer.id !== undefined) {
      calls.get(answer.id)?.(answer);
      calls.delete(answer.id);
      return;
    }
    const key = `${answer.sessionId} ${answer.method}`;
    for (const resolve of waiting.get(key) ?? []) resolve();
    waiting.delete(key);
  });

  function send(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    count += 1;
    const id = count;
    return new Promise((resolve, reject) => {
      calls.set(id, ({ error, result }) => {
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    });
  }

  async function open(url: string, browserContextId: string): Promise<Page> {
    const targetId = text(await send("Target.createTarget", { url, browserContextId }), "targetId");
    const sessionId = text(await send("Target.attachToTarget", { targetId, flatten: true }), "sessionId");
    const page: Page = {
      send: (method, params) => send(method, params, sessionId),
      event: (method) =>
        new Promise((resolve) => {
          const key = `${sessionId} ${method}`;
          waiting.set(key, [...(waiting.get(key) ?? []), resolve]);
        }),
      async run(script, ...args) {
        const expression = `(${script})(...${JSON.stringify(args)})`;
        const answer = await page.send("Runtime.evaluate", {
          expression,
          awaitPromise: true,
          returnByValue: true,
        });
        const failure = field(answer, "exceptionDetails");
        if (failure !== undefined) throw new Error(`in the page: ${JSON.stringify(failure)}`);
        return JSON.parse(JSON.stringify({ value: field(field(answer, "result"), "value") })).value;
      },
      close: async () => {
        await send("Target.closeTarget", { targetId });
      },
    };
    return page;
  }

  return {
    async profile() {
      const id = text(await send("Target.createBrowserContext"), "browserContextId");
      return {
        open: (url) => open(url, id),
        async [Symbol.asyncDispose]() {
          await send("Target.disposeBrowserContext", { browserContextId: id });
        },
      };
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      child.kill();
      await exited;
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

async function addressFrom(stderr: AsyncIterable<Buffer>): Promise<string> {
  let said = "";
  for await (const bytes of stderr) {
    said += bytes;
    const address = /ws:\/\/\S+/.exec(said)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`Chromium did not start: ${said}`);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown, name: string): string {
  const found = field(value, name);
  if (typeof found !== "string")
    throw new Error(`Chromium answered without ${name}: ${JSON.stringify(value)}`);
  return found;
}

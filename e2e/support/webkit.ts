import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { findMiniBrowser } from "../../scripts/engines.mjs";
import type { Engine, EnginePage } from "./engines.ts";

/** A browser, a window of it that nobody needs, and a tab for each page. */
export async function startWebKit(): Promise<Engine> {
  const binary = findMiniBrowser();
  if (binary === undefined) throw new Error("no WebKit was found");
  const port = await freePort();
  const driver = spawn("xvfb-run", ["-a", "WebKitWebDriver", `--port=${port}`], {
    stdio: "ignore",
    // The driver and its display are children of a script: they are ended together.
    detached: true,
    env: {
      ...process.env,
      ...(process.getuid?.() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" }),
    },
  });
  const exited = once(driver, "exit");
  const end = async () => {
    if (driver.pid !== undefined && driver.exitCode === null) process.kill(-driver.pid);
    await exited;
  };
  const base = `http://127.0.0.1:${port}`;
  try {
    await answering(`${base}/status`);
    const { sessionId } = await command<{ sessionId: string }>(`${base}/session`, "POST", {
      capabilities: {
        alwaysMatch: { "webkitgtk:browserOptions": { binary, args: ["--automation"] } },
      },
    });
    const session = `${base}/session/${sessionId}`;
    await command(`${session}/timeouts`, "POST", { script: 60_000, pageLoad: 60_000 });
    const tabs = createTabs(session, await command(`${session}/window`, "GET"));
    return {
      open: tabs.open,
      async [Symbol.asyncDispose]() {
        await command(session, "DELETE").catch(() => {});
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Waits for half a minute at most until somebody answers there. */
async function answering(url: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  for (;;) {
    const answer = await fetch(url, { signal }).catch(() => undefined);
    if (answer !== undefined) return;
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @param first The window that is always there: from a tab that was closed nothing can be opened. */
function createTabs(session: string, first: string): Pick<Engine, "open"> {
  /** Commands go to the tab that was switched to: one at a time. */
  let last: Promise<unknown> = Promise.resolve();
  function inTab<T>(handle: string, work: () => Promise<T>): Promise<T> {
    const done = last.then(async () => {
      await command(`${session}/window`, "POST", { handle });
      return work();
    });
    last = done.catch(() => {});
    return done;
  }
  return {
    async open(url): Promise<EnginePage> {
      const { handle } = await inTab(first, () =>
        command<{ handle: string }>(`${session}/window/new`, "POST", { type: "tab" }),
      );
      await inTab(handle, () => command(`${session}/url`, "POST", { url }));
      return {
        async run(script, ...args) {
          const answer = await inTab(handle, () =>
            command<{ value?: unknown; error?: string }>(`${session}/execute/async`, "POST", {
              script: `const done = arguments[arguments.length - 1];
                Promise.resolve().then(() => (${script})(...arguments[0]))
                  .then((value) => done({ value }), (error) => done({ error: String(error) }));`,
              args: [args],
            }),
          );
          if (answer.error !== undefined) throw new Error(answer.error);
          return answer.value as never;
        },
        close: () => inTab(handle, () => command(`${session}/window`, "DELETE")),
      };
    },
  };
}

async function command<T = void>(url: string, method: string, body?: object): Promise<T> {
  const answer = await fetch(url, { method, body: body === undefined ? null : JSON.stringify(body) });
  const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } };
  if (!answer.ok) throw new Error(`WebDriver: ${method} ${url}: ${value?.error}: ${value?.message}`);
  return value;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

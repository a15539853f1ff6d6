import { describe, expect, onTestFinished, test, vi } from "vitest";
import { BoxLite } from "../../src/index.ts";
import { startLocalServer } from "../../src/local/index.ts";
import { converse, watch } from "./watched.ts";

/** This machine's wall clock is set while an execution is followed, over real sockets. */

// Before the client is loaded, which keeps the platform's.
const clock = vi.hoisted(() => {
  const real = Date.now;
  const clock = { ahead: 0, onRead: () => {} };
  Date.now = () => {
    clock.onRead();
    return real() + clock.ahead;
  };
  return clock;
});

/** Somebody has looked at it: nobody else is there than the client, whose beat it is. */
function looked(): Promise<void> {
  return new Promise((resolve) => {
    clock.onRead = () => {
      clock.onRead = () => {};
      resolve();
    };
  });
}

const HOUR = 3_600_000;

/** The client's own time does not go back: each test begins where the last one that was set forward ended. */
let ahead = 0;

describe.each(["serve", "runner"] as const)("%s", (dialect) => {
  async function begin() {
    clock.ahead = ahead;
    const server = await startLocalServer({ dialect });
    onTestFinished(() => server.close());
    const box = await new BoxLite({ baseUrl: server.url, token: server.token }).boxes.create();
    const execution = await box.exec("sh", ["-c", "echo begun; read line; echo $line; exit 7"]);
    const watched = watch(execution);
    const talk = converse(execution);
    expect(await talk.hear()).toBe("begun\n");
    return {
      watched,
      async finish() {
        await talk.type("on\n");
        expect(await talk.rest()).toBe("on\n");
        expect(await execution.exit).toMatchObject({ outcome: "exited", exitCode: 7, complete: true });
        expect(watched.of("connected")).toHaveLength(1);
        expect(watched.of("disconnected")).toEqual([]);
      },
    };
  }

  test("this machine's clock is set forward", async () => {
    const { watched, finish } = await begin();
    ahead += HOUR;
    clock.ahead = ahead;
    await watched.until("checked");
    expect(Math.round((watched.of("woke")[0]?.slept ?? 0) / HOUR)).toBe(1);
    expect(watched.of("checked")).toEqual([{ type: "checked", alive: true }]);
    await finish();
  });

  test("this machine's clock is set back", async () => {
    const { watched, finish } = await begin();
    clock.ahead = ahead - HOUR;
    await looked();
    await finish();
    expect(watched.events.map(({ type }) => type)).toEqual(["connected", "exit"]);
  });
});

import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AuthenticationError, type ExecutionEvent } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { type FaultProxy, startFaultProxy } from "../../src/testing/index.ts";
import { collectAll } from "../support/collect.ts";
import { createPageClient, type RunningGateway, startGateway, until } from "./setting.ts";
import "./patience.ts";

/** The real client → [faults] → the gateway → [faults] → the local server. */

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const numbers = (last: number) =>
  new TextEncoder().encode(Array.from({ length: last }, (_, index) => `${index + 1}\n`).join(""));
/** Writes its next hundred lines when it is told to: nothing is under way while the connection is cut. */
const COUNT = "i=0; while read -r _; do seq $((i*100+1)) $((i*100+100)); i=$((i+1)); done";

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

async function collectEvents(from: ReadableStream<ExecutionEvent>, into: ExecutionEvent[]): Promise<void> {
  const reader = from.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) into.push(next.value);
}

describe.each(["serve", "runner"] as const)("through the gateway, in front of %s", (dialect) => {
  let server: LocalServer;
  let proxy: FaultProxy;
  let gateway: RunningGateway;

  beforeEach(async () => {
    server = await startLocalServer({ dialect });
    proxy = await startFaultProxy({ target: server.url });
    gateway = await startGateway({ target: proxy.url, token: server.token });
  });
  afterEach(async () => {
    await gateway[Symbol.asyncDispose]();
    await proxy.close();
    await server.close();
  });

  test("a command runs: output, stdin, exit, kill, and the connection opens once", async () => {
    const boxlite = createPageClient(gateway);
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    const execution = await box.exec("sh", ["-c", "cat; echo done >&2; exit 3"], { stdin: "hello\n" });
    const [{ stdout, stderr, exitCode }, events] = await Promise.all([
      execution.text(),
      collectAll(execution.events),
    ]);
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: "hello\n", stderr: "done\n", exitCode: 3 });
    expect(events.map(({ type }) => type)).not.toContain("unknown-frame");
    expect(proxy.attaches).toBe(1);

    const sleeper = await box.exec("sleep", ["1000"]);
    await sleeper.kill();
    expect((await sleeper.exit).outcome).toMatch(/killed|signaled/);
    await box.remove();
    expect(await boxlite.boxes.list().all()).toEqual([]);
  });

  test("a second attach is told that the slot is taken, with its status", async () => {
    const boxlite = createPageClient(gateway);
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    const first = await box.exec("cat");
    const connected = first.events.getReader();
    await connected.read();
    const second = await box.attach(first.id);
    const events = second.events.getReader();
    let cause: ExecutionEvent | undefined;
    while (cause?.type !== "disconnected") cause = (await events.read()).value;
    expect(cause).toMatchObject({ cause: { kind: "refused", status: 409 } });
    second.detach();
    await first.stdin.close();
    await first.exit;
  });

  test.each(["fin", "rst"] as const)(
    "a %s between gateway and server is passed on, and recovered from",
    async (how) => {
      const boxlite = createPageClient(gateway);
      const box = await boxlite.boxes.create({ image: "alpine:latest" });
      const execution = await box.exec("sh", ["-c", COUNT]);
      const go = execution.stdin.getWriter();
      const events: ExecutionEvent[] = [];
      const watched = collectEvents(execution.events, events);
      const seen = (type: ExecutionEvent["type"]) => events.filter((event) => event.type === type).length;
      const chunks: Uint8Array[] = [];
      const stdout = execution.stdout.getReader();
      for (let round = 1; round <= 20; round += 1) {
        await go.write(new TextEncoder().encode("\n"));
        const expected = numbers(round * 100).length;
        while (lengthOf(chunks) < expected) chunks.push((await stdout.read()).value ?? new Uint8Array());
        if (round % 5 !== 0) continue;
        proxy.cut(how);
        await until(() => seen("disconnected") === round / 5);
        await until(() => seen("connected") === round / 5 + 1);
      }
      await go.close();
      for (let next = await stdout.read(); !next.done; next = await stdout.read()) chunks.push(next.value);
      const { exitCode, complete } = await execution.exit;
      await watched;
      expect({ exitCode, complete }).toEqual({ exitCode: 0, complete: true });
      expect(digest(Buffer.concat(chunks))).toBe(digest(numbers(2_000)));
      const causes = events.filter((event) => event.type === "disconnected");
      for (const event of causes) expect(event).toMatchObject({ cause: { kind: "closed", code: 1006 } });
    },
  );

  test("nobody gets in without authorize, and the client says why", async () => {
    const closed = await startGateway({ target: server.url, token: server.token, authorize: undefined });
    const failure = await createPageClient(closed)
      .boxes.list()
      .all()
      .catch((error: unknown) => error);
    await closed[Symbol.asyncDispose]();
    expect(failure).toBeInstanceOf(AuthenticationError);
    expect(String(failure)).toContain("without authorize");
  });
});

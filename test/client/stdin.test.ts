import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Box, BoxLite, type Execution, type ExecutionEvent } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { type FaultProxy, startFaultProxy } from "../../src/testing/index.ts";

/** Stdin while the connection is down, by what the user asked for, over real sockets and processes. */

// Backing off takes its time.
vi.setConfig({ testTimeout: 30_000 });

let local: LocalServer;
let proxy: FaultProxy;
let box: Box;

beforeAll(async () => {
  local = await startLocalServer({ dialect: "runner" });
  proxy = await startFaultProxy({ target: local.url });
  const boxlite = new BoxLite({ baseUrl: proxy.url, token: local.token });
  box = await boxlite.boxes.create({ image: "alpine:latest" });
});
beforeEach(up);
afterAll(async () => {
  await proxy.close();
  await local.close();
});

function down(): void {
  proxy.refuse(503, { attaches: Number.POSITIVE_INFINITY });
  proxy.cut();
}

function up(): void {
  proxy.refuse(503, { attaches: 0 });
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** Reads events until one of a type comes. */
function eventsOf(execution: Execution): (type: ExecutionEvent["type"]) => Promise<ExecutionEvent> {
  const reader = execution.events.getReader();
  return async (type) => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`the events ended without ${type}`);
      if (value.type === type) return value;
    }
  };
}

/** Reads stdout until it ends with a text. */
function outputOf(execution: Execution): (end: string) => Promise<string> {
  const reader = execution.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return async (end) => {
    while (!text.endsWith(end)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`stdout ended with ${JSON.stringify(text)}`);
      text += decoder.decode(value, { stream: true });
    }
    return text;
  };
}

test("a pipe fails", async () => {
  await using execution = await box.exec("cat");
  const event = eventsOf(execution);
  const output = outputOf(execution);
  const source = new TransformStream<Uint8Array, Uint8Array>();
  const piped = source.readable.pipeTo(execution.stdin);
  piped.catch(() => {});
  const writer = source.writable.getWriter();
  await writer.write(bytes("one\n"));
  await output("one\n");
  down();
  await event("disconnected");
  writer.write(bytes("two\n")).catch(() => {});
  await expect(piped).rejects.toMatchObject({ name: "BoxLiteError", code: "stdin_disconnected" });
});

test("a terminal goes on, and says what was dropped; so does one that is attached to", async () => {
  const started = await box.exec("cat", [], { tty: { cols: 80, rows: 24 } });
  const begin = eventsOf(started);
  await begin("connected");
  started.detach();
  await begin("failed");
  for (const attached of [true, false]) {
    await using execution = attached
      ? await box.attach(started.id, { size: { cols: 80, rows: 24 } })
      : await box.exec("cat", [], { tty: true });
    const event = eventsOf(execution);
    const output = outputOf(execution);
    // The slot may not be free at once.
    await event("connected");
    const keys = execution.stdin.getWriter();
    await keys.write(bytes("one\n"));
    await output("one\r\none\r\n");
    down();
    await event("disconnected");
    await keys.write(bytes("lost\n"));
    expect(await event("stdin-dropped")).toEqual({ type: "stdin-dropped", bytes: 5 });
    up();
    await event("connected");
    await keys.write(bytes("two\n"));
    expect(await output("two\r\ntwo\r\n")).toBe("one\r\none\r\ntwo\r\ntwo\r\n");
    await execution.kill();
  }
});

test("the input of exec() waits", async () => {
  const source = new TransformStream<Uint8Array, Uint8Array>();
  await using execution = await box.exec("cat", [], {
    stdin: source.readable,
    stdinWhileDisconnected: "reject",
  });
  const event = eventsOf(execution);
  const output = outputOf(execution);
  const writer = source.writable.getWriter();
  await writer.write(bytes("one\n"));
  await output("one\n");
  down();
  await event("disconnected");
  const written = writer.write(bytes("two\n"));
  await event("reconnecting");
  up();
  await written;
  await writer.close();
  expect(await output("two\n")).toBe("one\ntwo\n");
  expect(await execution.exit).toMatchObject({ exitCode: 0, complete: true });
});

import { describe, expect, test } from "vitest";
import { type AttachmentOptions, attach } from "../../src/attach/attachment.ts";
import type { ExecutionEvent } from "../../src/attach/events.ts";
import { createMemoryTransport } from "../support/memory-transport.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

/** What becomes of what is written to stdin while the connection is down. */

function follow(stdinWhileDisconnected?: AttachmentOptions["stdinWhileDisconnected"]) {
  const transport = createMemoryTransport();
  const clock = createVirtualClock();
  const attachment = attach({
    ...{ transport, clock, subject: "execution e1 of box b1" },
    probe: () => Promise.resolve({ kind: "running" }),
    ...(stdinWhileDisconnected === undefined ? {} : { stdinWhileDisconnected }),
  });
  const events: ExecutionEvent[] = [];
  void readInto(events, attachment.events);
  const writer = attachment.stdin.getWriter();
  writer.closed.catch(() => {});
  writer.ready.catch(() => {});
  return {
    ...{ transport, clock, attachment, writer },
    write: (text: string) => writer.write(new TextEncoder().encode(text)),
    /** What the newest connection received, control messages included. */
    received: () =>
      transport
        .last()
        .received.map((data) => (typeof data === "string" ? data : new TextDecoder().decode(data))),
    stdinEvents: () => events.filter(({ type }) => type.startsWith("stdin-")),
    /** Cuts the connection, and does not open the next one. */
    async cut() {
      transport.last().close(1006);
      await settled();
    },
  };
}

async function readInto(events: ExecutionEvent[], stream: ReadableStream<ExecutionEvent>): Promise<void> {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) events.push(next.value);
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const HOLD = { maxBytes: 10, maxWait: 5_000 };
const EOF = '{"type":"stdin_eof"}';

test.each(["reject", "drop", HOLD, "wait"] as const)(
  "before the first connection a write waits for it, however long that takes (%o)",
  async (policy) => {
    const { transport, clock, attachment, write, received } = follow(policy);
    const written = write("early");
    transport.last().close({ kind: "failed", message: "" });
    await settled();
    clock.advance(8_000);
    await settled();
    transport.last().open();
    await written;
    expect(received()).toEqual(["early"]);
    attachment.detach();
  },
);

test.each(["reject", "drop", HOLD, "wait"] as const)(
  "what was sent is not sent again, and said to be doubtful if nothing was heard after it (%o)",
  async (policy) => {
    const { transport, clock, attachment, write, received, cut, stdinEvents } = follow(policy);
    transport.last().open();
    await write("answered");
    transport.last().stdout("echo");
    await cut();
    expect(stdinEvents()).toEqual([]);
    transport.last().open();
    await write("not answered");
    await cut();
    expect(stdinEvents()).toEqual([{ type: "stdin-doubtful", bytes: 12 }]);
    clock.next();
    transport.last().open();
    await settled();
    expect(received()).toEqual([]);
    attachment.detach();
  },
);

describe("rejecting", () => {
  test("is the default: a write while the connection is down fails, and so does a pipe", async () => {
    const { transport, attachment, write, writer, cut, received } = follow();
    transport.last().open();
    await write("x");
    transport.last().stdout("x");
    await cut();
    await expect(write("lost")).rejects.toMatchObject({ code: "stdin_disconnected" });
    await expect(write("and what follows")).rejects.toThrow("4 bytes were not sent");
    transport.last().open();
    await settled();
    expect(received()).toEqual([]);
    writer.releaseLock();
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1)),
    });
    await expect(source.pipeTo(attachment.stdin)).rejects.toMatchObject({ code: "stdin_disconnected" });
    expect(attachment.ended).toBe(false);
    attachment.detach();
  });

  test("input with a hole in it is not gone on with, nor closed", async () => {
    const { transport, attachment, write, writer, cut, received } = follow("reject");
    transport.last().open();
    await write("not answered");
    await cut();
    transport.last().open();
    await expect(write("next")).rejects.toThrow("12 bytes sent before may not have arrived");
    await expect(writer.close()).rejects.toThrow();
    expect(received()).toEqual([]);
    attachment.detach();
  });

  test("its end is not told either, if the last of it may not have arrived", async () => {
    const { transport, attachment, write, writer, cut, received } = follow("reject");
    transport.last().open();
    await write("the last");
    await cut();
    transport.last().open();
    await expect(writer.close()).rejects.toThrow("8 bytes");
    expect(received()).toEqual([]);
    attachment.detach();
  });

  test("a connection that is cut while nothing is written does no harm", async () => {
    const { transport, attachment, write, cut, received } = follow("reject");
    transport.last().open();
    await write("a");
    transport.last().stdout("a");
    await cut();
    transport.last().open();
    await write("b");
    expect(received()).toEqual(["b"]);
    attachment.detach();
  });
});

test("dropping says what it drops, and what is written afterwards is sent", async () => {
  const { transport, attachment, write, cut, received, stdinEvents } = follow("drop");
  transport.last().open();
  await write("a");
  transport.last().stdout("a");
  await cut();
  await write("lost");
  await write("too");
  transport.last().open();
  await write("typed on");
  expect(received()).toEqual(["typed on"]);
  expect(stdinEvents()).toEqual([
    { type: "stdin-dropped", bytes: 4 },
    { type: "stdin-dropped", bytes: 3 },
  ]);
  attachment.detach();
});

describe("holding", () => {
  test("sends what was written while the connection was down, once, in order, before what follows and the end", async () => {
    const { transport, clock, attachment, write, writer, cut, received } = follow(HOLD);
    transport.last().open();
    await cut();
    const buffer = new TextEncoder().encode("one ");
    await writer.write(buffer);
    buffer.fill(0);
    await write("two ");
    expect(clock.pending).toBe(2);
    transport.last().open();
    const closed = write("three").then(() => writer.close());
    await closed;
    expect(received()).toEqual(["one ", "two ", "three", EOF]);
    // The silence's is left.
    expect(clock.pending).toBe(1);
    attachment.detach();
  });

  test("keeps the end back, too", async () => {
    const { transport, attachment, write, writer, cut, received } = follow(HOLD);
    transport.last().open();
    await cut();
    await write("one");
    const closed = writer.close();
    await settled();
    transport.last().open();
    await closed;
    expect(received()).toEqual(["one", EOF]);
    attachment.detach();
  });

  test("more bytes than it may hold fail, and none of them is sent", async () => {
    const { transport, clock, attachment, write, cut, received } = follow(HOLD);
    transport.last().open();
    await cut();
    await write("12345");
    await write("67890");
    await expect(write("!")).rejects.toThrow("more than 10 bytes");
    transport.last().open();
    await settled();
    expect(received()).toEqual([]);
    expect(clock.pending).toBe(1);
    attachment.detach();
  });

  test("for longer than it may hold them fails", async () => {
    const { transport, clock, attachment, write, writer, cut, received } = follow(HOLD);
    transport.last().open();
    await cut();
    await write("12345");
    clock.advance(5_000);
    await expect(writer.closed).rejects.toThrow("5 bytes waited for a connection for more than 5 s");
    transport.last().open();
    await settled();
    expect(received()).toEqual([]);
    attachment.detach();
  });

  test("so does a sleep that its timer stood still in", async () => {
    const { transport, clock, attachment, write, writer, cut, received } = follow(HOLD);
    transport.last().open();
    await cut();
    await write("12345");
    clock.sleep(240_000, "frozen");
    clock.wake(240_000);
    transport.last().open();
    await expect(writer.closed).rejects.toMatchObject({ code: "stdin_disconnected" });
    expect(received()).toEqual([]);
    attachment.detach();
  });

  test("leaves nothing when the execution ends", async () => {
    const { transport, clock, attachment, write, writer, cut } = follow(HOLD);
    transport.last().open();
    await cut();
    await write("12345");
    attachment.abort(new Error("enough"));
    await expect(writer.closed).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
  });
});

test("waiting holds the source up, and goes on where it stood", async () => {
  const { transport, clock, attachment, writer, cut, received } = follow("wait");
  writer.releaseLock();
  transport.last().open();
  let pulled = 0;
  const source = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled += 1;
        controller.enqueue(new TextEncoder().encode(`${pulled} `));
        if (pulled === 6) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  await cut();
  const piped = source.pipeTo(attachment.stdin);
  await settled();
  clock.advance(1_000);
  await settled();
  expect(pulled).toBeLessThan(3);
  transport.last().open();
  await piped;
  expect(received()).toEqual(["1 ", "2 ", "3 ", "4 ", "5 ", "6 ", EOF]);
  attachment.detach();
});

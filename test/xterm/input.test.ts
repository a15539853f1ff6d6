import { expect, test } from "vitest";
import { createInput } from "../../src/xterm/input.ts";

function create(write: (chunk: Uint8Array) => Promise<void> | void = () => {}) {
  const chunks: Uint8Array[] = [];
  const dropped: number[] = [];
  const stdin = new WritableStream<Uint8Array>({
    write(chunk) {
      chunks.push(chunk);
      return write(chunk);
    },
  });
  const input = createInput(stdin, (count) => dropped.push(count));
  const text = () => new TextDecoder().decode(Buffer.concat(chunks));
  return { chunks, dropped, stdin, input, text };
}

/** A write that is under way until it is let go. */
function createGate() {
  let open = () => {};
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait: () => closed, open: () => open() };
}

test("a large paste goes in pieces, in order, with what is typed behind it; no character is torn", async () => {
  const { chunks, dropped, stdin, input } = create();
  // An odd beginning, so that pieces would end between the halves of a pair.
  const paste = `\x1b[200~x${"😀é".repeat(100_000)}\x1b[201~`;
  input.send(paste);
  input.send(new Uint8Array([0xff, 0x00]));
  input.send("ls\r");
  await expect.poll(() => stdin.locked).toBe(false);
  const all = Buffer.concat([Buffer.from(paste), new Uint8Array([0xff, 0x00]), Buffer.from("ls\r")]);
  // Not `toEqual`, which goes byte by byte.
  expect(all.equals(Buffer.concat(chunks))).toBe(true);
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(3 * 16 * 1024);
  expect(dropped).toEqual([]);
});

test("stdin sets the pace, and what waits has a limit; what does not fit is dropped whole", async () => {
  const gate = createGate();
  const { chunks, dropped, stdin, input } = create(gate.wait);
  input.send("a".repeat(4 * 1024 * 1024));
  await expect.poll(() => chunks.length).toBe(1);
  input.send("b".repeat(20_000));
  expect(dropped).toEqual([20_000]);
  input.send("c".repeat(10));
  gate.open();
  await expect.poll(() => stdin.locked).toBe(false);
  const sent = Buffer.concat(chunks).toString();
  expect([sent.length, sent.slice(-11)]).toEqual([4 * 1024 * 1024 + 10, `a${"c".repeat(10)}`]);
});

test("without a connection nothing is sent, nor later; what waited is dropped", async () => {
  const gate = createGate();
  const { chunks, dropped, input } = create(gate.wait);
  input.send("a".repeat(16 * 1024 + 5));
  await expect.poll(() => chunks.length).toBe(1);
  input.connected(false);
  input.send("rm");
  expect(dropped).toEqual([5, 2]);
  input.connected(true);
  input.send("ls");
  gate.open();
  await expect.poll(() => chunks.map(({ length }) => length)).toEqual([16 * 1024, 2]);
});

test("a write that is refused is dropped, and does not stop the next one where stdin takes it", async () => {
  let refuse = true;
  const chunks: Uint8Array[] = [];
  const dropped: number[] = [];
  // A stream that is in order again after a refusal: each writer has a new one.
  const stdin = {
    getWriter: () =>
      new WritableStream<Uint8Array>({
        write(chunk) {
          if (refuse) throw new Error("not connected");
          chunks.push(chunk);
        },
      }).getWriter(),
  };
  const input = createInput(stdin, (count) => dropped.push(count));
  input.send(`${"a".repeat(16 * 1024)}bc`);
  await expect.poll(() => dropped).toEqual([2]);
  refuse = false;
  input.send("d");
  await expect.poll(() => Buffer.concat(chunks).toString()).toBe("d");
});

test("somebody else may write in between, and while they do, what is typed is dropped", async () => {
  const { chunks, dropped, stdin, input, text } = create();
  input.send("a");
  await expect.poll(() => chunks.length).toBe(1);
  await expect.poll(() => stdin.locked).toBe(false);
  const writer = stdin.getWriter();
  input.send("b");
  expect(dropped).toEqual([1]);
  await writer.write(new TextEncoder().encode("c"));
  writer.releaseLock();
  input.send("d");
  await expect.poll(text).toBe("acd");
});

test("dispose lets go of stdin at once, and drops what waits", async () => {
  const gate = createGate();
  const { chunks, dropped, stdin, input } = create(gate.wait);
  input.send("a".repeat(16 * 1024 + 3));
  await expect.poll(() => chunks.length).toBe(1);
  input.dispose();
  expect(stdin.locked).toBe(false);
  expect(dropped).toEqual([3]);
});

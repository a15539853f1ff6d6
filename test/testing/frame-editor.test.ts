import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AttachFaults, Stop } from "../../src/testing/faults.ts";
import { createFrameEditor } from "../../src/testing/frame-editor.ts";
import { createFrameMeter } from "../../src/testing/frame-meter.ts";
import { chunked, onTheWire, serverFrames } from "./arbitraries.ts";
import { BINARY, decode, encode, exit, messagesOf, outputOf, PING, stdout, TEXT } from "./wire.ts";

interface Edited {
  readonly bytes: Buffer;
  readonly stop: Stop | undefined;
  readonly passed: { readonly bytes: number; readonly frames: number };
}

function edit(faults: AttachFaults, chunks: readonly Buffer[]): Edited {
  const editor = createFrameEditor(faults);
  const bytes: Buffer[] = [];
  let stop: Stop | undefined;
  for (const chunk of chunks) {
    const result = editor.pass(chunk);
    bytes.push(result.bytes);
    stop = result.stop;
  }
  return { bytes: Buffer.concat(bytes), stop, passed: editor.passed };
}

const sizes = () => fc.infiniteStream(fc.integer({ min: 1, max: 150 }));

describe("the frame editor, for any frames, in any chunks", () => {
  test("a cut by bytes passes exactly so many bytes of output, and all of them if there are fewer", () => {
    fc.assert(
      fc.property(
        serverFrames(),
        sizes(),
        fc.integer({ min: 1, max: 1500 }),
        fc.option(fc.integer({ min: 1, max: 90 })),
        (frames, chunks, afterBytes, split) => {
          const wire = onTheWire(frames);
          const output = outputOf(decode(wire));
          const faults: AttachFaults = {
            cut: { afterBytes, how: "fin" },
            ...(split ? { splitFrames: split } : {}),
          };
          const edited = edit(faults, chunked(wire, chunks));
          expect(outputOf(decode(edited.bytes))).toEqual(output.subarray(0, afterBytes));
          expect(edited.passed.bytes).toBe(Math.min(afterBytes, output.length));
          expect(edited.stop).toEqual(output.length >= afterBytes ? { cut: "fin" } : undefined);
          if (!split) expect(edited.bytes).toEqual(wire.subarray(0, edited.bytes.length));
        },
      ),
    );
  });

  test("a cut with a close frame ends with a whole frame, and makes no message of half of one", () => {
    fc.assert(
      fc.property(
        serverFrames(),
        sizes(),
        fc.integer({ min: 1, max: 1500 }),
        (frames, chunks, afterBytes) => {
          const wire = onTheWire(frames);
          const output = outputOf(decode(wire));
          const edited = edit({ cut: { afterBytes, how: { close: 1011 } } }, chunked(wire, chunks));
          const decoded = decode(edited.bytes);
          expect(outputOf(decoded)).toEqual(output.subarray(0, afterBytes));
          expect(decoded.partial).toBeUndefined();
          const messages = messagesOf(decoded.frames);
          expect(messages).toEqual(messagesOf(decode(wire).frames).slice(0, messages.length));
        },
      ),
    );
  });

  test("a cut by frames passes exactly so many messages and nothing of the next", () => {
    fc.assert(
      fc.property(serverFrames(), sizes(), fc.integer({ min: 1, max: 12 }), (frames, chunks, afterFrames) => {
        const wire = onTheWire(frames);
        const messages = messagesOf(frames);
        const edited = edit({ silence: { afterFrames } }, chunked(wire, chunks));
        const decoded = decode(edited.bytes);
        expect(messagesOf(decoded.frames)).toEqual(messages.slice(0, afterFrames));
        expect(decoded.partial).toBeUndefined();
        expect(edited.stop).toBe(messages.length >= afterFrames ? "silence" : undefined);
        expect(edited.passed.frames).toBe(Math.min(afterFrames, messages.length));
      }),
    );
  });

  test("split frames are small, and the messages and control frames the same", () => {
    fc.assert(
      fc.property(
        serverFrames(),
        sizes(),
        fc.integer({ min: 1, max: 200 }),
        (frames, chunks, splitFrames) => {
          const { bytes, stop, passed } = edit({ splitFrames }, chunked(onTheWire(frames), chunks));
          const decoded = decode(bytes);
          expect(decoded.partial).toBeUndefined();
          expect(messagesOf(decoded.frames)).toEqual(messagesOf(frames));
          const control = (list: typeof frames) => list.filter((frame) => frame.opcode >= 8);
          expect(control(decoded.frames)).toEqual(control(frames));
          const longest = Math.max(
            0,
            ...decoded.frames.filter((frame) => frame.opcode < 8).map((frame) => frame.payload.length),
          );
          expect(longest).toBeLessThanOrEqual(splitFrames);
          expect(stop).toBeUndefined();
          expect(passed.frames).toBe(messagesOf(frames).length);
        },
      ),
    );
  });

  test("with an eye on the exit, all other messages pass as they are", () => {
    fc.assert(
      fc.property(serverFrames(), sizes(), (frames, chunks) => {
        const wire = onTheWire(frames);
        const { bytes } = edit({ swallowExit: true }, chunked(wire, chunks));
        expect(messagesOf(decode(bytes).frames)).toEqual(messagesOf(frames));
      }),
    );
  });

  test("the meter counts what the editor counts, and passes the very chunks", () => {
    fc.assert(
      fc.property(serverFrames(), sizes(), (frames, stream) => {
        const chunks = chunked(onTheWire(frames), stream);
        const meter = createFrameMeter();
        expect(chunks.every((chunk) => meter.pass(chunk).bytes === chunk)).toBe(true);
        expect(meter.passed).toEqual(edit({ splitFrames: 1000 }, chunks).passed);
        expect(meter.passed.frames).toBe(messagesOf(frames).length);
      }),
    );
  });
});

const exitText = JSON.stringify({ type: "exit", exit_code: 7 });
const exitInFragments = [
  encode(TEXT, exitText.slice(0, 9), false),
  encode(PING, "p"),
  encode(0, exitText.slice(9)),
];

describe("the exit message", () => {
  test.each([
    ["whole", [exit(7)]],
    ["in fragments with a ping between", exitInFragments],
  ])("is swallowed, %s, and what is around it passes", (_how, exitFrames) => {
    const wire = Buffer.concat([stdout("out"), ...exitFrames, encode(8, Buffer.of(3, 232))]);
    const pings = exitFrames.length > 1 ? [encode(PING, "p")] : [];
    const expected = Buffer.concat([stdout("out"), ...pings, encode(8, Buffer.of(3, 232))]);
    for (const chunks of [[wire], [...wire].map((byte) => Buffer.of(byte))]) {
      const { bytes, stop, passed } = edit({ swallowExit: true }, chunks);
      expect(bytes).toEqual(expected);
      expect(stop).toBeUndefined();
      expect(passed).toEqual({ bytes: 3, frames: 1 });
    }
  });

  test.each([
    ["whole", [exit(7)]],
    ["in fragments", exitInFragments],
  ])("is a place: nothing of it passes, %s", (_how, exitFrames) => {
    const wire = Buffer.concat([
      stdout("out"),
      encode(TEXT, '{"type":"error","message":"m"}'),
      ...exitFrames,
      stdout("late"),
    ]);
    for (const chunks of [[wire], [...wire].map((byte) => Buffer.of(byte))]) {
      const { bytes, stop, passed } = edit(
        { cut: { beforeExit: true, how: "rst" }, swallowExit: true },
        chunks,
      );
      expect(messagesOf(decode(bytes).frames).map((message) => message.payload.toString())).toEqual([
        "\u0001out",
        '{"type":"error","message":"m"}',
      ]);
      expect(stop).toEqual({ cut: "rst" });
      expect(passed).toEqual({ bytes: 3, frames: 2 });
    }
  });

  test("is not a binary message with that text, nor a text that only begins like it", () => {
    const wire = Buffer.concat([
      stdout(exitText),
      encode(TEXT, `${exitText} and more`),
      encode(TEXT, `"exit"`),
      encode(TEXT, "null"),
    ]);
    expect(edit({ swallowExit: true }, [wire]).bytes).toEqual(wire);
  });

  test("a long text is not held back until its end", () => {
    const long = encode(TEXT, "x".repeat(200_000));
    const editor = createFrameEditor({ swallowExit: true });
    const early = editor.pass(long.subarray(0, 100_000)).bytes;
    expect(early.equals(long.subarray(0, 100_000))).toBe(true);
    const rest = editor.pass(Buffer.concat([long.subarray(100_000), exit(0), stdout("z")])).bytes;
    expect(rest.equals(Buffer.concat([long.subarray(100_000), stdout("z")]))).toBe(true);
  });
});

test("the nearer of two places counts, and a cut goes before a silence at the same place", () => {
  const wire = Buffer.concat([stdout("abc"), stdout("def")]);
  expect(edit({ cut: { afterBytes: 4, how: "fin" }, silence: { afterBytes: 2 } }, [wire]).stop).toBe(
    "silence",
  );
  expect(edit({ cut: { afterBytes: 2, how: "fin" }, silence: { afterBytes: 2 } }, [wire]).stop).toEqual({
    cut: "fin",
  });
  expect(edit({ cut: { afterBytes: 4, how: "fin" }, silence: { afterFrames: 1 } }, [wire]).stop).toBe(
    "silence",
  );
  expect(edit({ cut: { afterBytes: 3, how: "fin" }, silence: { afterFrames: 1 } }, [wire]).stop).toEqual({
    cut: "fin",
  });
});

test("a cut at the edge of a frame counts that frame, and no other", () => {
  const wire = Buffer.concat([stdout("abc"), stdout("def"), stdout("ghi")]);
  expect(edit({ cut: { afterBytes: 6, how: "fin" } }, [wire])).toEqual({
    bytes: Buffer.concat([stdout("abc"), stdout("def")]),
    stop: { cut: "fin" },
    passed: { bytes: 6, frames: 2 },
  });
});

test("a close in the middle of a frame makes what passes a fragment without an end", () => {
  const wire = Buffer.concat([stdout("abc"), stdout("defghi")]);
  const { bytes } = edit({ cut: { afterBytes: 5, how: { close: 4000 } } }, [wire]);
  expect(bytes).toEqual(Buffer.concat([stdout("abc"), encode(BINARY, "\u0001de", false)]));
});

test("bytes that are no server frames pass as they are", () => {
  const masked = Buffer.of(0x82, 0x81, 1, 2, 3, 4, 5);
  const wire = Buffer.concat([stdout("abc"), masked]);
  expect(
    edit(
      { splitFrames: 100 },
      [...wire].map((byte) => Buffer.of(byte)),
    ).bytes,
  ).toEqual(wire);
});

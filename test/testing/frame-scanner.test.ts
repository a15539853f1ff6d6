import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closeFrame, createFrameScanner, frameHeader } from "../../src/testing/frame-scanner.ts";
import { anyFrame, chunked } from "./arbitraries.ts";
import { BINARY, CLOSE, decode, encode } from "./wire.ts";

interface Seen {
  readonly first: number;
  readonly length: number;
  readonly parts: Buffer[];
  ended: boolean;
}

function scanAll(chunks: readonly Buffer[]): {
  frames: (Omit<Seen, "parts"> & { payload: Buffer })[];
  opaque: Buffer;
} {
  const frames: Seen[] = [];
  const opaque: Buffer[] = [];
  const scan = createFrameScanner({
    begin: (first, length) => frames.push({ first, length, parts: [], ended: false }),
    payload(chunk, start, end) {
      if (end <= start) throw new Error(`An empty piece of payload: ${start} to ${end}.`);
      frames.at(-1)?.parts.push(chunk.subarray(start, end));
    },
    end() {
      const frame = frames.at(-1);
      if (frame) frame.ended = true;
    },
    opaque: (bytes) => opaque.push(bytes),
  });
  for (const chunk of chunks) scan(chunk);
  return {
    frames: frames.map(({ parts, ...frame }) => ({ ...frame, payload: Buffer.concat(parts) })),
    opaque: Buffer.concat(opaque),
  };
}

describe("the frame scanner", () => {
  test("sees the same frames, however the bytes are cut into chunks", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame(300), { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 200 })),
        (frames, sizes) => {
          const wire = Buffer.concat(frames.map((frame) => encode(frame.opcode, frame.payload, frame.fin)));
          const expected = frames.map((frame) => ({
            first: (frame.fin ? 128 : 0) + frame.opcode,
            length: frame.payload.length,
            payload: frame.payload,
            ended: true,
          }));
          expect(scanAll([wire]).frames).toEqual(expected);
          expect(scanAll(chunked(wire, sizes)).frames).toEqual(expected);
        },
      ),
    );
  });

  test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])(
    "reads a length of %i, fed byte by byte",
    (length) => {
      const wire = Buffer.concat([encode(BINARY, Buffer.alloc(length, 7)), encode(CLOSE, "")]);
      const { frames } = scanAll([...wire].map((byte) => Buffer.of(byte)));
      expect(frames.map((frame) => [frame.length, frame.payload.length, frame.ended])).toEqual([
        [length, length, true],
        [0, 0, true],
      ]);
    },
  );

  test("takes what follows a masked frame for what it is: not a server's", () => {
    const wire = Buffer.concat([
      encode(BINARY, "ab"),
      Buffer.of(0x82, 0x81, 1, 2, 3, 4, 5),
      encode(BINARY, "cd"),
    ]);
    for (const chunks of [[wire], [...wire].map((byte) => Buffer.of(byte))]) {
      const { frames, opaque } = scanAll(chunks);
      expect(frames).toHaveLength(1);
      expect(opaque).toEqual(wire.subarray(4));
    }
  });
});

test.each([0, 1, 125, 126, 65_535, 65_536, 2 ** 32, 2 ** 40])(
  "a header with a length of %i is written as it is read",
  (length) => {
    const seen: [number, number][] = [];
    const scan = createFrameScanner({
      begin: (...header) => seen.push(header),
      payload() {},
      end() {},
      opaque() {},
    });
    scan(frameHeader(0x82, length));
    expect(seen).toEqual([[0x82, length]]);
    if (length < 100_000) {
      const head = encode(BINARY, Buffer.alloc(length)).subarray(0, -length || undefined);
      expect(frameHeader(0x82, length)).toEqual(head);
    }
  },
);

test("a close frame carries its code", () => {
  const [frame] = decode(closeFrame(1011)).frames;
  expect(frame).toEqual({ fin: true, opcode: CLOSE, payload: Buffer.of(0x03, 0xf3) });
});

import fc from "fast-check";
import { BINARY, CLOSE, encode, type Frame, PING, TEXT } from "./wire.ts";

export function anyBytes(maxLength: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
}

/** Any frame, whether it makes sense where it stands or not. */
export function anyFrame(maxLength: number): fc.Arbitrary<Frame> {
  return fc.record({
    fin: fc.boolean(),
    opcode: fc.constantFrom(0, TEXT, BINARY, CLOSE, PING),
    payload: anyBytes(maxLength),
  });
}

/** Cuts bytes into chunks of the given sizes. */
export function chunked(bytes: Buffer, sizes: Iterator<number>): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size: number = sizes.next().value ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/**
 * What a server sends: messages of output and text, some in fragments, with pings anywhere between frames.
 */
export function serverFrames(): fc.Arbitrary<Frame[]> {
  const message = fc.oneof(
    fc.record({ opcode: fc.constant(BINARY), payload: anyBytes(400) }),
    fc.record({
      opcode: fc.constant(TEXT),
      payload: fc.string({ maxLength: 200 }).map((text) => Buffer.from(text)),
    }),
  );
  const sent = fc.record({
    message,
    fragments: fc.integer({ min: 1, max: 4 }),
    pings: fc.array(fc.nat(4), { maxLength: 2 }),
  });
  return fc.array(sent, { maxLength: 10 }).map((list) =>
    list.flatMap(({ message: { opcode, payload }, fragments, pings }) => {
      const size = Math.ceil(payload.length / fragments);
      const frames: Frame[] = Array.from({ length: fragments }, (_, index) => ({
        fin: index === fragments - 1,
        opcode: index === 0 ? opcode : 0,
        payload: payload.subarray(index * size, (index + 1) * size),
      }));
      for (const place of pings)
        frames.splice(place, 0, { fin: true, opcode: PING, payload: Buffer.from("ping") });
      return frames;
    }),
  );
}

export function onTheWire(frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.map((frame) => encode(frame.opcode, frame.payload, frame.fin)));
}

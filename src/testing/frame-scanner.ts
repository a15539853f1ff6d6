/** The opcodes of RFC 6455 that the proxy tells apart. From 8 on they are control frames. */
export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;

/** The bit of a frame's first byte that marks the last frame of a message. */
export const FIN = 0x80;

const OPCODE = 0x0f;
const MASKED = 0x80;
const SHORT_LENGTH = 0x7f;

/** What a scanner reports, in the order of the wire. */
export interface FrameVisitor {
  /**
   * A frame header is complete: its first byte (FIN, RSV, opcode) and the length of the payload that
   * follows.
   */
  begin(first: number, length: number): void;
  /** `chunk[start, end)` is payload of the current frame. Never empty. */
  payload(chunk: Buffer, start: number, end: number): void;
  /** The current frame is complete. */
  end(): void;
  /** Bytes that are no server frames: all that follows a masked frame, which only a client may send. */
  opaque(bytes: Buffer): void;
}

export function opcodeOf(first: number): number {
  return first & OPCODE;
}

export function isControl(first: number): boolean {
  return (first & 0x8) !== 0;
}

/**
 * An incremental parser of the frames that a WebSocket server sends. Looks at headers only and skips payloads
 * by their length, so that its cost goes with the number of frames, not of bytes. Allocates nothing per
 * frame.
 */
export function createFrameScanner(visitor: FrameVisitor): (chunk: Buffer) => void {
  let expects: "first" | "second" | "length" | "payload" | "nothing" = "first";
  let first = 0;
  let length = 0;
  let lengthBytesLeft = 0;
  let payloadLeft = 0;

  function begin(): void {
    visitor.begin(first, length);
    payloadLeft = length;
    if (length > 0) {
      expects = "payload";
    } else {
      expects = "first";
      visitor.end();
    }
  }

  return function scan(chunk) {
    let at = 0;
    while (at < chunk.length) {
      switch (expects) {
        case "first":
          first = chunk[at++] ?? 0;
          expects = "second";
          break;
        case "second": {
          const second = chunk[at++] ?? 0;
          if (second & MASKED) {
            expects = "nothing";
            visitor.opaque(Buffer.of(first, second));
            break;
          }
          const short = second & SHORT_LENGTH;
          if (short < 126) {
            length = short;
            begin();
          } else {
            length = 0;
            lengthBytesLeft = short === 126 ? 2 : 8;
            expects = "length";
          }
          break;
        }
        case "length":
          length = length * 256 + (chunk[at++] ?? 0);
          lengthBytesLeft -= 1;
          if (lengthBytesLeft === 0) begin();
          break;
        case "payload": {
          const end = Math.min(chunk.length, at + payloadLeft);
          visitor.payload(chunk, at, end);
          payloadLeft -= end - at;
          at = end;
          if (payloadLeft === 0) {
            expects = "first";
            visitor.end();
          }
          break;
        }
        case "nothing":
          visitor.opaque(chunk.subarray(at));
          at = chunk.length;
          break;
      }
    }
  };
}

/** The header of an unmasked frame. */
export function frameHeader(first: number, length: number): Buffer {
  if (length < 126) return Buffer.of(first, length);
  if (length < 65_536) {
    const header = Buffer.of(first, 126, 0, 0);
    header.writeUInt16BE(length, 2);
    return header;
  }
  const header = Buffer.alloc(10);
  header[0] = first;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}

/** A whole close frame without a reason. */
export function closeFrame(code: number): Buffer {
  const frame = Buffer.of(FIN | CLOSE, 2, 0, 0);
  frame.writeUInt16BE(code, 2);
  return frame;
}

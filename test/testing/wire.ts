/** A second implementation of RFC 6455 framing, written for being read, to check the first one against. */

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;

export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** One frame as a server sends it: unmasked. */
export function encode(opcode: number, payload: Uint8Array | string, fin = true): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
  head.writeUInt8((fin ? 128 : 0) + opcode, 0);
  if (body.length < 126) {
    head.writeUInt8(body.length, 1);
  } else if (body.length < 65_536) {
    head.writeUInt8(126, 1);
    head.writeUInt16BE(body.length, 2);
  } else {
    head.writeUInt8(127, 1);
    head.writeUInt32BE(Math.floor(body.length / 2 ** 32), 2);
    head.writeUInt32BE(body.length % 2 ** 32, 6);
  }
  return Buffer.concat([head, body]);
}

/** A message of output on channel 1. */
export function stdout(output: Uint8Array | string): Buffer {
  return encode(BINARY, Buffer.concat([Buffer.of(1), Buffer.from(output)]));
}

export function exit(code: number): Buffer {
  return encode(TEXT, JSON.stringify({ type: "exit", exit_code: code }));
}

export interface Decoded {
  readonly frames: Frame[];
  /** The frame at the end that is not complete: its header's length and what there is of its payload. */
  readonly partial:
    | { readonly opcode: number; readonly length: number; readonly payload: Buffer }
    | undefined;
}

export function decode(bytes: Buffer): Decoded {
  const frames: Frame[] = [];
  let rest = bytes;
  while (rest.length >= 2) {
    const short = rest.readUInt8(1);
    const headLength = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (rest.length < headLength) break;
    const length =
      short < 126
        ? short
        : short === 126
          ? rest.readUInt16BE(2)
          : rest.readUInt32BE(2) * 2 ** 32 + rest.readUInt32BE(6);
    const opcode = rest.readUInt8(0) & 15;
    const payload = rest.subarray(headLength, headLength + length);
    if (payload.length < length) return { frames, partial: { opcode, length, payload } };
    frames.push({ fin: rest.readUInt8(0) > 127, opcode, payload });
    rest = rest.subarray(headLength + length);
  }
  if (rest.length > 0)
    return { frames, partial: { opcode: rest.readUInt8(0) & 15, length: -1, payload: Buffer.alloc(0) } };
  return { frames, partial: undefined };
}

/**
 * The output in decoded frames, an incomplete last one included: binary payload, with the channel byte of
 * each message left out.
 */
export function outputOf({ frames, partial }: Decoded): Buffer {
  const pieces: Buffer[] = [];
  let binary = false;
  const all = partial ? [...frames, { ...partial, fin: false }] : frames;
  for (const { opcode, payload } of all) {
    if (opcode >= 8) continue;
    if (opcode !== 0) binary = opcode === BINARY;
    if (binary) pieces.push(opcode === 0 ? payload : payload.subarray(1));
  }
  return Buffer.concat(pieces);
}

export interface Message {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Whole messages, with their fragments joined, without control frames. */
export function messagesOf(frames: readonly Frame[]): Message[] {
  const messages: Message[] = [];
  let pieces: Buffer[] = [];
  let opcode = 0;
  for (const frame of frames) {
    if (frame.opcode >= 8) continue;
    if (frame.opcode !== 0) {
      opcode = frame.opcode;
      pieces = [];
    }
    pieces.push(frame.payload);
    if (frame.fin) messages.push({ opcode, payload: Buffer.concat(pieces) });
  }
  return messages;
}

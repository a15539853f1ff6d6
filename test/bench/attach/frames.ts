/** What the feeder writes to a socket, made ahead: WebSocket frames, as bytes. */

const STDOUT = 1;
const MIB = 1024 * 1024;

/** One binary frame of stdout. */
export function stdoutFrame(output: Uint8Array): Buffer {
  return frame(0x82, Buffer.concat([Buffer.of(STDOUT), output]));
}

/** The last frame of an execution. */
export function exitFrame(): Buffer {
  return frame(0x81, Buffer.from('{"type":"exit","exit_code":0}'));
}

/** A MiB of output in frames of so many bytes each, which has to be a power of two. */
export function mebibyteOf(frameBytes: number): Buffer {
  const output = numbered(MIB);
  const frames: Buffer[] = [];
  for (let at = 0; at < MIB; at += frameBytes) frames.push(stdoutFrame(output.subarray(at, at + frameBytes)));
  return Buffer.concat(frames);
}

function numbered(length: number): Buffer {
  return Buffer.from(Array.from({ length: length / 8 }, (_, line) => `${line}\n`.padStart(8, "0")).join(""));
}

function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.of(first, length), payload]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

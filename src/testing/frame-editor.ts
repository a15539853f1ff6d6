import { type AttachFaults, byteLimit, frameLimit, type Stop, stopBeforeExit } from "./faults.ts";
import type { Flow } from "./frame-meter.ts";
import {
  BINARY,
  CONTINUATION,
  createFrameScanner,
  FIN,
  frameHeader,
  isControl,
  opcodeOf,
  TEXT,
} from "./frame-scanner.ts";

/** A text message longer than this is no exit: it is passed on without waiting for its end. */
const LONGEST_EXIT = 65_536;

/** A frame of a text message that is held back until it is known whether the message is the exit. */
interface HeldFrame {
  readonly first: number;
  readonly length: number;
  readonly payload: Buffer[];
}

/**
 * Applies the faults that need frame positions: split frames, a swallowed exit, and the places by bytes, by
 * frames and before the exit. Pure: bytes in, bytes and a stop out. After a stop it passes nothing.
 */
export function createFrameEditor(faults: AttachFaults): Flow {
  const byBytes = byteLimit(faults);
  const byFrames = frameLimit(faults);
  const beforeExit = stopBeforeExit(faults);
  const watchesExit = beforeExit !== undefined || faults.swallowExit === true;
  const endsFrames = typeof byBytes.stop === "object" && typeof byBytes.stop.cut === "object";
  const longestFragment = faults.splitFrames ?? Number.POSITIVE_INFINITY;

  const written: Buffer[] = [];
  let stop: Stop | undefined;
  let bytes = 0;
  let frames = 0;

  // The message and the frame that are being written. A control frame between them changes none of this.
  let message = CONTINUATION;
  let messageOffset = 0;
  let frameFirst = 0;
  let frameLeft = 0;
  let fragmentLeft = 0;
  let fragmented = false;

  // The frame that is being read. `skipped`: it comes after the stop.
  let skipped = false;
  let inControl = false;
  let held: HeldFrame[] | undefined;
  let heldBytes = 0;

  /** Payload bytes of the current message until the byte limit is reached. */
  function untilLimit(): number {
    if (message !== BINARY) return Number.POSITIVE_INFINITY;
    return byBytes.at - bytes + (messageOffset === 0 ? 1 : 0);
  }

  function beginFrame(first: number, length: number): void {
    if (opcodeOf(first) !== CONTINUATION) {
      message = opcodeOf(first);
      messageOffset = 0;
    }
    frameFirst = first;
    frameLeft = length;
    fragmentLeft = 0;
    fragmented = false;
    if (length === 0) written.push(frameHeader(first, 0));
  }

  function beginFragment(): void {
    const limit = endsFrames ? untilLimit() : Number.POSITIVE_INFINITY;
    fragmentLeft = Math.min(frameLeft, longestFragment, limit);
    const last = fragmentLeft === frameLeft ? (frameFirst & FIN) !== 0 : false;
    const opcode = fragmented ? CONTINUATION : frameFirst & ~FIN;
    fragmented = true;
    written.push(frameHeader((last ? FIN : 0) | opcode, fragmentLeft));
  }

  function writePayload(payload: Buffer): void {
    let at = 0;
    while (at < payload.length && !stop) {
      if (fragmentLeft === 0) beginFragment();
      const size = Math.min(payload.length - at, fragmentLeft, untilLimit());
      written.push(payload.subarray(at, at + size));
      if (message === BINARY) bytes += messageOffset === 0 ? size - 1 : size;
      at += size;
      messageOffset += size;
      fragmentLeft -= size;
      frameLeft -= size;
      if (bytes >= byBytes.at) stop = byBytes.stop;
    }
  }

  function endFrame(): void {
    if (frameLeft > 0 || !(frameFirst & FIN)) return;
    frames += 1;
    if (frames >= byFrames.at) stop ??= byFrames.stop;
  }

  /** Writes what was held back. The last frame may be incomplete: the rest of it follows. */
  function release(heldFrames: readonly HeldFrame[]): void {
    held = undefined;
    for (const [index, frame] of heldFrames.entries()) {
      beginFrame(frame.first, frame.length);
      for (const part of frame.payload) writePayload(part);
      if (index < heldFrames.length - 1) endFrame();
    }
  }

  function endHeldMessage(heldFrames: readonly HeldFrame[]): void {
    const text = Buffer.concat(heldFrames.flatMap((frame) => frame.payload)).toString();
    if (!isExit(text)) {
      release(heldFrames);
      endFrame();
      return;
    }
    held = undefined;
    if (beforeExit) stop = beforeExit;
    else if (!faults.swallowExit) release(heldFrames);
  }

  const scan = createFrameScanner({
    begin(first, length) {
      skipped = stop !== undefined;
      if (skipped) return;
      inControl = isControl(first);
      if (inControl) {
        written.push(frameHeader(first, length));
        return;
      }
      if (watchesExit && opcodeOf(first) === TEXT) {
        held = [];
        heldBytes = 0;
      }
      if (held) held.push({ first, length, payload: [] });
      else beginFrame(first, length);
    },
    payload(chunk, start, end) {
      if (stop) return;
      const payload = chunk.subarray(start, end);
      if (inControl) {
        written.push(payload);
        return;
      }
      if (!held) {
        writePayload(payload);
        return;
      }
      held.at(-1)?.payload.push(payload);
      heldBytes += payload.length;
      if (heldBytes > LONGEST_EXIT) release(held);
    },
    end() {
      if (skipped) return;
      if (inControl) {
        inControl = false;
        return;
      }
      if (!held) endFrame();
      else if ((held.at(-1)?.first ?? 0) & FIN) endHeldMessage(held);
    },
    opaque(rest) {
      if (!stop) written.push(rest);
    },
  });

  return {
    pass(chunk) {
      if (stop) return { bytes: Buffer.alloc(0), stop };
      scan(chunk);
      return { bytes: Buffer.concat(written.splice(0)), stop };
    },
    get passed() {
      return { bytes, frames };
    },
  };
}

function isExit(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "type" in value && value.type === "exit";
  } catch {
    return false;
  }
}

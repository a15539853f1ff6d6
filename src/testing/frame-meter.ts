import type { Stop } from "./faults.ts";
import { BINARY, createFrameScanner, FIN, isControl, opcodeOf } from "./frame-scanner.ts";

/** What has been passed on of one connection. */
export interface Passed {
  /** Bytes of output: binary payload without channel bytes. */
  readonly bytes: number;
  /** Whole messages, binary and text. */
  readonly frames: number;
}

/** What becomes of the bytes that a server sends after its `101`. */
export interface Flow {
  /** The bytes to pass on for those that arrived, and the stop that comes right after them, if any. */
  pass(chunk: Buffer): { readonly bytes: Buffer; readonly stop?: Stop | undefined };
  readonly passed: Passed;
}

/** Passes everything unchanged and uncopied, and counts. */
export function createFrameMeter(): Flow {
  let bytes = 0;
  let frames = 0;
  let first = 0;
  let binary = false;
  let channelPassed = false;
  const scan = createFrameScanner({
    begin(nextFirst) {
      first = nextFirst;
      if (isControl(first) || opcodeOf(first) === 0) return;
      binary = opcodeOf(first) === BINARY;
      channelPassed = false;
    },
    payload(_chunk, start, end) {
      if (!binary || isControl(first)) return;
      bytes += channelPassed ? end - start : end - start - 1;
      channelPassed = true;
    },
    end() {
      if (first & FIN && !isControl(first)) frames += 1;
    },
    opaque() {},
  });
  return {
    pass(chunk) {
      scan(chunk);
      return { bytes: chunk };
    },
    get passed() {
      return { bytes, frames };
    },
  };
}

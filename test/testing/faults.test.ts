import { describe, expect, test } from "vitest";
import {
  type AttachFaults,
  checkFaults,
  needsEditing,
  stopAfterOpen,
  stopBeforeOpen,
} from "../../src/testing/faults.ts";

describe("faults", () => {
  test.each<[string, AttachFaults]>([
    ["latency must be 0 or more milliseconds; the plan returned -1", { latency: -1 }],
    ["bandwidth must be more than 0 bytes per second; the plan returned 0", { bandwidth: 0 }],
    ["splitFrames must be 1 byte or more; the plan returned 0", { splitFrames: 0 }],
    [
      "a place must be 0 or more bytes or frames; the plan returned -5",
      { cut: { afterBytes: -5, how: "fin" } },
    ],
    [
      "a place must be 0 or more bytes or frames; the plan returned NaN",
      { silence: { afterFrames: Number.NaN } },
    ],
    [
      "a close code must be between 0 and 65535; the plan returned 70000",
      { cut: { afterOpen: true, how: { close: 70_000 } } },
    ],
  ])("without sense are refused: %s", (sentence, faults) => {
    expect(() => checkFaults(faults)).toThrow(new RangeError(`Fault proxy: ${sentence}.`));
  });

  test("that need no positions leave the frames alone", () => {
    const places = [{ beforeOpen: true }, { afterOpen: true }] as const;
    for (const place of places) {
      expect(needsEditing({ latency: 1, bandwidth: 1, cut: { ...place, how: "rst" }, silence: place })).toBe(
        false,
      );
    }
    expect(needsEditing({ splitFrames: 10 })).toBe(true);
    expect(needsEditing({ swallowExit: true })).toBe(true);
    expect(needsEditing({ swallowExit: false })).toBe(false);
    expect(needsEditing({ silence: { afterBytes: 1 } })).toBe(true);
    expect(needsEditing({ cut: { beforeExit: true, how: "fin" } })).toBe(true);
  });

  test("a place after nothing is the open", () => {
    expect(stopAfterOpen({ cut: { afterBytes: 0, how: "fin" } })).toEqual({ cut: "fin" });
    expect(stopAfterOpen({ silence: { afterFrames: 0 } })).toBe("silence");
    expect(stopAfterOpen({ silence: { afterOpen: true } })).toBe("silence");
    expect(stopAfterOpen({ cut: { afterBytes: 1, how: "fin" } })).toBeUndefined();
    expect(stopBeforeOpen({ cut: { afterOpen: true, how: "fin" } })).toBeUndefined();
  });
});

import { beforeAll, describe, expect, test } from "vitest";
import { findFlaws, withoutDropped } from "./compare.ts";
import { leftovers } from "./leftovers.ts";
import { trendOf } from "./memory.ts";
import { failuresOf } from "./report.ts";
import { type SoakReport, soak } from "./soak.ts";

// The same executions each time; `npm run soak` draws others. `-- --run SEED` repeats a finding.
const seed = 20_261_127;
const RUNS = 240;

describe("a short soak", () => {
  let report: SoakReport;

  beforeAll(async () => {
    report = await soak({ seed, lanes: 32, goOn: (begun) => begun < RUNS, sampleEvery: 1e9 });
  }, 300_000);

  test("loses, repeats and makes up nothing, and leaves nothing behind", () => {
    const { findings, unhandled, warnings } = report;
    expect({ findings, unhandled, warnings }).toEqual({ findings: [], unhandled: [], warnings: [] });
    expect(failuresOf(report)).toEqual([]);
  });

  test("has been through something", () => {
    expect(report.runs).toBe(RUNS);
    expect(report.cuts).toBeGreaterThan(80);
    expect(report.attaches).toBeGreaterThan(RUNS + 80);
  });
});

describe("what the soak looks at", () => {
  const bytes = (text: string) => Buffer.from(text);
  const delivery = { said: [], open: false, folder: "" };

  test("bytes that are missing, that come twice, that are others", () => {
    const flaws = (written: string, delivered: string) =>
      findFlaws({ ...delivery, written: bytes(written), delivered: bytes(delivered) });
    expect(flaws("abcdef", "abcdef")).toEqual({ lost: 0, repeated: 0 });
    expect(flaws("abcdef", "abef")).toEqual({ lost: 2, repeated: 0 });
    expect(flaws("abcdef", "abcd")).toEqual({ lost: 2, repeated: 0 });
    expect(flaws("abcdef", "abcbcdef")).toEqual({ lost: 0, repeated: 2 });
    expect(flaws("abcdef", "abXdef")).toEqual({ lost: 1, repeated: 1 });
  });

  test("of what is not read to its end, only what came", () => {
    const open = { ...delivery, open: true, written: bytes("abcdef") };
    expect(findFlaws({ ...open, delivered: bytes("abc") })).toEqual({ lost: 0, repeated: 0 });
    expect(findFlaws({ ...open, delivered: bytes("acd") })).not.toEqual({ lost: 0, repeated: 0 });
  });

  test("what a reader that fell behind is said to miss", () => {
    const dropped = [
      { position: 2, bytes: 3 },
      { position: 3, bytes: 1 },
    ];
    expect(withoutDropped(bytes("abcdefgh"), dropped).toString()).toBe("abfh");
  });

  test("what there is more of than before", () => {
    expect(leftovers({ Timeout: 1, PipeWrap: 2 }, { Timeout: 3, PipeWrap: 1, TCPSocketWrap: 1 })).toEqual({
      Timeout: 2,
      TCPSocketWrap: 1,
    });
  });

  test("memory that grows through the second half, and not what it took at first", () => {
    const mib = 2 ** 20;
    const growing = Array.from({ length: 32 }, (_, sample) => (30 + sample) * mib);
    const settled = growing.map((held, sample) => (sample < 16 ? held : 46 * mib));
    expect(trendOf(growing)?.flat).toBe(false);
    expect(trendOf(settled)?.flat).toBe(true);
    expect(trendOf(growing.slice(0, 7))).toBeUndefined();
  });
});

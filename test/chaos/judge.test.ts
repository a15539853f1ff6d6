import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Verdict } from "../../src/index.ts";
import { judge } from "./judge.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "boxlite-web-judge-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const text = Array.from({ length: 2_000 }, (_, number) => `line ${number}\n`).join("");
const gap: Verdict = { kind: "gap", missing: 0 };
const ambiguous: Verdict = { kind: "ambiguous", policy: "repeat" };
const byContent: Verdict = { kind: "exact", proof: "content" };

interface Told {
  readonly written?: string;
  readonly verdicts?: readonly (readonly [number, Verdict])[];
  readonly cutShort?: boolean;
  readonly mayBeLate?: boolean;
}

function judged(delivered: string, { written = text, verdicts = [], ...told }: Told = {}) {
  const files = { written: join(folder, "written"), delivered: join(folder, "delivered") };
  writeFileSync(files.written, written);
  writeFileSync(files.delivered, delivered);
  return judge({
    ...files,
    verdicts: verdicts.map(([position, verdict]) => ({ position, verdict })),
    cutShort: told.cutShort ?? false,
    mayBeLate: told.mayBeLate ?? false,
  });
}

describe("not flagged", () => {
  test("only the same is exact", () => {
    expect(judged(text)).toEqual({ kind: "exact" });
    expect(judged("", { written: "" })).toEqual({ kind: "exact" });
    for (const wrong of [
      text.slice(1),
      text.slice(0, -1),
      `${text}x`,
      text.replace("line 7\n", "line 8\n"),
      text.slice(0, 5_000) + text.slice(5_001),
      text.slice(0, 5_000) + text.slice(4_900),
    ]) {
      expect(judged(wrong).kind).toBe("wrong");
    }
  });

  test("an end that is said to be missing may be", () => {
    expect(judged(text.slice(0, 5_000), { cutShort: true })).toEqual({ kind: "exact" });
    expect(judged(text.slice(1, 5_000), { cutShort: true }).kind).toBe("wrong");
  });

  test("a loss at a place that was joined by content alone is told from others", () => {
    const lost = text.slice(0, 5_000) + text.slice(6_000);
    expect(judged(lost, { verdicts: [[5_000, byContent]] })).toEqual({ kind: "assumed" });
    expect(judged(lost, { verdicts: [[4_999, byContent]] }).kind).toBe("wrong");
  });

  test("a late start is one of a backlog or more, and only where it may be", () => {
    const long = text.padEnd(300_000, text);
    expect(judged(long.slice(9_999), { written: long, mayBeLate: true })).toEqual({ kind: "late" });
    expect(judged(long.slice(9_999), { written: long }).kind).toBe("wrong");
    expect(judged(text.slice(9_999), { mayBeLate: true }).kind).toBe("wrong");
  });
});

describe("flagged", () => {
  test("at its byte, and at no other", () => {
    const lost = text.slice(0, 5_000) + text.slice(6_000);
    expect(judged(lost, { verdicts: [[5_000, gap]] })).toEqual({ kind: "flagged", needless: 0 });
    expect(judged(lost, { verdicts: [[4_990, gap]] }).kind).toBe("wrong");
    expect(judged(lost, { verdicts: [[5_010, gap]] }).kind).toBe("wrong");
  });

  test("a gap is followed by what comes later; a bound is one", () => {
    const lost = text.slice(0, 5_000) + text.slice(6_000);
    const bound = (missing: number): Told => ({ verdicts: [[5_000, { kind: "gap", missing }]] });
    expect(judged(lost, bound(1_000)).kind).toBe("flagged");
    expect(judged(lost, bound(1_001)).kind).toBe("wrong");
    const repeated = text.slice(0, 5_000) + text.slice(4_000);
    expect(judged(repeated, { verdicts: [[5_000, gap]] }).kind).toBe("wrong");
    expect(judged(repeated, { verdicts: [[5_000, ambiguous]] }).kind).toBe("flagged");
  });

  test("the end is the end", () => {
    const lost = text.slice(0, 5_000) + text.slice(6_000, 7_000);
    expect(judged(lost, { verdicts: [[5_000, gap]] }).kind).toBe("wrong");
    expect(judged(lost, { verdicts: [[5_000, gap]], cutShort: true }).kind).toBe("flagged");
  });

  test("without need, where the server had what was missing", () => {
    expect(judged(text, { verdicts: [[5_000, gap]] })).toEqual({ kind: "flagged", needless: 1 });
    const repeated = text.slice(0, 5_000) + text.slice(4_800);
    expect(judged(repeated, { verdicts: [[5_000, ambiguous]] })).toEqual({ kind: "flagged", needless: 1 });
    const short = text.slice(0, 5_000) + text.slice(4_950);
    expect(judged(short, { verdicts: [[5_000, gap]] })).toEqual({ kind: "flagged", needless: 0 });
  });

  test("periodic output is in order wherever it fits", () => {
    const written = "y\n".repeat(50_000);
    expect(judged(written.slice(0, 60_000), { written, verdicts: [[20_000, ambiguous]] }).kind).toBe(
      "flagged",
    );
    expect(judged(written + written.slice(0, 200), { written, verdicts: [[20_000, gap]] }).kind).toBe(
      "wrong",
    );
    expect(judged(written + written.slice(0, 200), { written, verdicts: [[20_000, ambiguous]] }).kind).toBe(
      "flagged",
    );
  });
});

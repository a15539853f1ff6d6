import { describe, expect, test } from "vitest";
import type { AmbiguityPolicy } from "../../../src/attach/replay/verdict.ts";
import { CAPACITY, counted, follow } from "./recorder.ts";

/** Which facts lead to which verdict, and what is delivered then: each boundary from both sides. */

const written = counted(40_000);
const upTo = (end: number) => written.slice(0, end);
const yes = (length: number) => "y\n".repeat(length / 2);

describe("a first frame is a whole backlog when it is larger than any chunk, and untrimmed when it is not full", () => {
  test.each([
    [4_095, ["provisional at 2000"]],
    [4_096, ["provisional at 2000", "exact content at 2000"]],
    [4_097, ["exact length at 2000"]],
    [8_191, ["exact length at 2000"]],
    [8_192, ["provisional at 2000", "exact content at 2000"]],
  ])("of %i bytes", (length, said) => {
    const stream = follow().attach().chunked(upTo(2_000)).attach().frame(upTo(length));
    expect(stream.said).toEqual(said);
    expect(stream.text()).toBe(upTo(length));
    expect(stream.positioner.position).toBe(length);
  });

  test("which says nothing of a second frame", () => {
    const stream = follow().attach().chunked(upTo(2_000)).attach();
    stream.frame(upTo(10)).frame(written.slice(10, 6_000));
    expect(stream.said).toEqual(["provisional at 2000", "exact content at 2000"]);
  });

  test("which proves the start of periodic output, too", () => {
    const stream = follow().attach().chunked(yes(2_000)).attach().frame(yes(6_000)).end();
    expect(stream.said).toEqual(["exact length at 2000"]);
    expect(stream.text()).toBe(yes(6_000));
  });

  test("which proves nothing of a place when more was delivered than is kept", () => {
    const stream = follow().attach().chunked(upTo(10_000)).attach().frame(written.slice(5_000, 12_000));
    expect(stream.said).toEqual(["exact content at 10000"]);
    expect(stream.text()).toBe(upTo(12_000));
  });

  test("which proves a loss where it differs, however little was equal; nothing comes twice", () => {
    const stream = follow()
      .attach()
      .chunked(upTo(10) + written.slice(20, 2_000))
      .attach()
      .frame(upTo(6_000));
    expect(stream.said).toEqual(["gap 10 at 10"]);
    expect(stream.text()).toBe(upTo(10) + written.slice(20, 6_000));
  });

  test("which proves a loss without an end: what is equal is skipped", () => {
    const stream = follow()
      .attach()
      .chunked(`${upTo(1_000)}never written`)
      .attach()
      .frame(upTo(6_000));
    expect(stream.said).toEqual(["gap 0 at 1013"]);
    expect(stream.text()).toBe(`${upTo(1_000)}never written${written.slice(1_000, 6_000)}`);
  });
});

describe("a full backlog may have been trimmed", () => {
  test.each([
    [8_191, []],
    [8_192, ["gap 0 at 0"]],
  ])("before anything was delivered: a first frame of %i bytes", (length, said) => {
    expect(follow().attach().frame(upTo(length)).said).toEqual(said);
  });

  test("but not by what comes after the first frame", () => {
    expect(follow().attach().frame("a").frame(upTo(CAPACITY)).said).toEqual([]);
  });

  test.each([
    [4_095, [], true],
    [4_096, ["gap 0 at 0"], false],
  ])("nor is it known in chunks: after the end, %i bytes that are all there is", (length, said, proved) => {
    const stream = follow().attach("drain").chunked(upTo(length));
    expect(stream.said).toEqual([]);
    stream.end();
    expect(stream.said).toEqual(said);
    expect(stream.positioner.proved).toBe(proved);
  });

  test("which is said once", () => {
    expect(follow().attach("drain").frame(upTo(CAPACITY)).end().said).toEqual(["gap 0 at 0"]);
  });

  test("of a process that was followed from its start, it is no loss", () => {
    const stream = follow().attach().chunked(upTo(5_000)).end();
    expect(stream.said).toEqual([]);
    expect(stream.positioner.proved).toBe(false);
  });
});

describe("what was delivered is proved to be all", () => {
  const drained = (length: number, end: number) =>
    follow().attach().chunked(upTo(length)).attach("drain").chunked(upTo(end));

  test("by a whole replay after the end, and by nothing before", () => {
    const stream = drained(2_000, 3_000);
    expect(stream.positioner.proved).toBe(false);
    stream.end();
    expect(stream.positioner.proved).toBe(true);
    expect(stream.said).toEqual(["provisional at 2000", "exact total at 2000"]);
  });

  test("not by live output, nor by a replay while it runs", () => {
    expect(follow().attach().chunked(upTo(2_000)).end().positioner.proved).toBe(false);
    const again = follow().attach().chunked(upTo(2_000)).attach().chunked(upTo(3_000)).end();
    expect(again.positioner.proved).toBe(false);
  });

  test.each([
    [4_095, "exact total at 2000", true],
    [4_096, "exact content at 2000", false],
  ])("not by one that may have been trimmed: of %i bytes", (length, verdict, proved) => {
    const stream = drained(2_000, length).end();
    expect(stream.said).toEqual(["provisional at 2000", verdict]);
    expect(stream.positioner.proved).toBe(proved);
  });

  test("not where something was missing, in spite of a later replay that fits", () => {
    const stream = follow().attach().frame(upTo(CAPACITY)).attach("drain").chunked("nothing like it").end();
    expect(stream.said).toEqual(["gap 0 at 0", "gap 0 at 8192"]);
    expect(stream.positioner.proved).toBe(false);
  });

  test("not by a replay that ends before it", () => {
    const stream = drained(2_000, 1_500).end();
    expect(stream.positioner.proved).toBe(false);
    expect(stream.said).toEqual(["gap 0 at 2000"]);
    expect(stream.text()).toBe(upTo(2_000) + upTo(1_500));
  });
});

describe("places that are open are proved together, or each by its own content", () => {
  const twice = (end: "follow" | "drain") =>
    follow().attach().chunked(upTo(2_000)).attach().chunked(upTo(2_500)).attach(end);
  const provisional = ["provisional at 2000", "provisional at 2500"];

  test("proved by the total", () => {
    const stream = twice("drain").chunked(upTo(3_000)).end();
    expect(stream.said).toEqual([...provisional, "exact total at 2000", "exact total at 2500"]);
    expect(stream.text()).toBe(upTo(3_000));
    expect(stream.positioner.proved).toBe(true);
  });

  test("proved by a length", () => {
    const stream = twice("follow").frame(upTo(6_000));
    expect(stream.said).toEqual([provisional[0], "exact length at 2000", "exact length at 2500"]);
  });

  test("settled by content when the backlog may have been trimmed", () => {
    const stream = twice("follow").chunked(upTo(8_192));
    expect(stream.said).toEqual([...provisional, "exact content at 2000", "exact content at 2500"]);
  });

  test("settled by content, of which an earlier one may not have enough: what is missing there, too, is the same", () => {
    const stream = follow().attach().chunked(yes(1_000));
    // The process wrote 2,000 bytes of it first, and the backlog was trimmed to their second half.
    stream.attach().chunked(yes(1_000) + upTo(2_000));
    stream.attach().chunked(yes(1_000) + upTo(8_000));
    expect(stream.said).toEqual([
      "provisional at 1000",
      "provisional at 3000",
      "ambiguous skip at 1000",
      "exact content at 3000",
    ]);
  });

  test("settled by content when more was delivered than is kept", () => {
    const stream = follow().attach().chunked(upTo(500)).attach().chunked(upTo(4_000));
    stream.attach().frame(upTo(4_000)).frame(written.slice(4_000, 9_000)).attach();
    expect(stream.said.slice(0, 3)).toEqual([
      "provisional at 500",
      "provisional at 4000",
      "exact content at 500",
    ]);
  });

  test.each([
    ["end", ["exact content at 2000", "gap 0 at 2500"]],
    ["settle", []],
    ["abandon", ["exact content at 2000"]],
  ] as const)("but not with one that is never reached: %s", (finish, said) => {
    const stream = twice("drain").chunked(upTo(1_500));
    expect(stream.said).toEqual(["provisional at 2000"]);
    stream[finish]();
    expect(stream.said.slice(1)).toEqual(said);
  });

  test("but not with one where the replay differs", () => {
    const stream = twice("follow").chunked(`${upTo(1_000)}never written${written.slice(9_000, 20_000)}`);
    expect(stream.said).toEqual(["provisional at 2000", "exact content at 2000", "gap 0 at 2500"]);
  });

  test("and outlive a connection that brings nothing", () => {
    const stream = twice("follow").attach().attach("drain").chunked(upTo(3_000)).end();
    expect(stream.said).toEqual([...provisional, "exact total at 2000", "exact total at 2500"]);
  });

  test("and are not proved when the output repeats itself: nothing is after them", () => {
    const stream = follow().attach().chunked(yes(100)).attach().chunked(yes(6_000));
    expect(stream.said).toEqual(["provisional at 100", "ambiguous skip at 100"]);
    expect(stream.text()).toBe(yes(6_000));
    expect(stream.attach("drain").chunked(yes(2_000)).end().positioner.proved).toBe(false);
  });
});

describe.each<AmbiguityPolicy>(["repeat", "skip"])("where a replay fits at several places: %s", (policy) => {
  const ambiguous = (position: number) => [`ambiguous ${policy} at ${position}`];
  const repeated = (text: string) => (policy === "repeat" ? text : "");

  test("in one frame", () => {
    const stream = follow(policy).attach().chunked(yes(20_000)).attach().frame(yes(CAPACITY));
    expect(stream.said).toEqual(ambiguous(20_000));
    expect(stream.text()).toBe(yes(20_000) + repeated(yes(CAPACITY)));
    expect(stream.positioner.holding).toBe(false);
  });

  test("in chunks, with something new behind it", () => {
    const stream = follow(policy).attach().chunked(yes(20_000)).attach().chunked(yes(CAPACITY)).frame("new");
    expect(stream.said).toEqual(ambiguous(20_000));
    expect(stream.text()).toBe(`${yes(20_000)}${repeated(yes(CAPACITY))}new`);
  });

  test("when it is over before all of it has come: the longest overlap that reaches its end", () => {
    const stream = follow(policy).attach().chunked(yes(3_000)).attach("drain").chunked(yes(1_000)).end();
    expect(stream.said).toEqual(ambiguous(3_000));
    expect(stream.text()).toBe(yes(3_000) + repeated(yes(1_000)));
    expect(stream.positioner.proved).toBe(false);
  });

  test("when an overlap that is alone hangs on a few bytes", () => {
    // The only line of its kind is the last that was delivered.
    const delivered = `${upTo(12_000)}${yes(1_000)}END`;
    const replay = `${yes(998)}END${upTo(7_000)}`;
    const stream = follow(policy).attach().chunked(delivered).attach().frame(replay);
    expect(stream.said).toEqual(ambiguous(13_003));
    expect(stream.text()).toBe(delivered + repeated(`${yes(998)}END`) + upTo(7_000));
  });
});

describe("a replay that does not begin at byte 0", () => {
  test("is held until it is told from what was delivered, then comes at once", () => {
    const stream = follow().attach().chunked(upTo(10_000)).attach();
    stream.frame(written.slice(5_000, 5_063));
    expect(stream.positioner.holding).toBe(true);
    stream.frame(written.slice(5_063, 5_064));
    expect(stream.positioner.holding).toBe(false);
    stream.chunked(written.slice(5_064, 10_001));
    expect(stream.said).toEqual(["exact content at 10000"]);
    expect(stream.text()).toBe(upTo(10_001));
  });

  test("though it looks like it at first is found where it does", () => {
    const header = "=".repeat(40);
    const body = (from: number, to: number) => written.slice(from, to);
    const delivered = header + body(0, 3_000) + header + body(10_000, 13_000);
    const stream = follow().attach().chunked(delivered).attach();
    stream.chunked(header + body(10_000, 16_000));
    expect(stream.said).toEqual(["exact content at 6080"]);
    expect(stream.text()).toBe(delivered + body(13_000, 16_000));
  });
});

describe("something lost before the end of what was delivered", () => {
  const lossy = upTo(2_000) + written.slice(2_500, 3_500);

  test("is said at its place, when what comes shows it in chunks: 64 bytes that agree are no accident", () => {
    const stream = follow().attach().chunked(lossy).attach().chunked(upTo(8_000));
    expect(stream.said).toEqual(["gap 500 at 2000"]);
    expect(stream.text()).toBe(lossy + written.slice(3_500, 8_000));
  });

  test("is said at its place when it is over", () => {
    const stream = follow().attach().chunked(lossy).attach("drain").chunked(upTo(4_000));
    expect(stream.said).toEqual([]);
    stream.end();
    expect(stream.said).toEqual(["gap 500 at 2000"]);
    expect(stream.text()).toBe(lossy + written.slice(3_500, 4_000));
    expect(stream.positioner.proved).toBe(false);
  });

  test.each([
    [63, "gap 0 at 2937"],
    [64, "gap 500 at 64"],
  ])("has a place only where enough agrees before it: %i bytes", (agree, said) => {
    const rest = written.slice(agree + 500, 3_437 + (agree - 63));
    const stream = follow()
      .attach()
      .chunked(upTo(agree) + rest)
      .attach("drain")
      .chunked(upTo(4_000))
      .end();
    expect(stream.said).toEqual([said]);
  });

  test("is forgotten with the connection: the next replay is held against what was delivered", () => {
    const stream = follow().attach().chunked(lossy).attach().frame(upTo(2_100));
    expect(stream.positioner.holding).toBe(true);
    stream.attach();
    expect(stream.positioner.holding).toBe(false);
    stream.frame(upTo(6_000));
    expect(stream.said).toEqual(["gap 500 at 2000"]);
  });
});

describe("a gap", () => {
  const after = written.slice(20_000, 20_000 + CAPACITY);

  test("is said when the whole replay has been seen: in one frame, or in chunks", () => {
    const framed = follow().attach().chunked(upTo(10_000)).attach().frame(after);
    const chunked = follow().attach().chunked(upTo(10_000)).attach().chunked(after);
    for (const stream of [framed, chunked]) {
      expect(stream.said).toEqual(["gap 0 at 10000"]);
      expect(stream.text()).toBe(upTo(10_000) + after);
      expect(stream.positioner.holding).toBe(false);
    }
  });

  test.each([
    [4_096, true],
    [4_097, false],
  ])("is known from a first frame that is no chunk: of %i bytes, held is %s", (length, holding) => {
    const stream = follow("repeat", 16_384).attach().chunked(upTo(30_000)).attach();
    expect(stream.frame("-".repeat(length)).positioner.holding).toBe(holding);
  });

  test.each([
    [12_287, true],
    [12_288, false],
  ])("is known from chunks that leave nothing to come: of %i bytes, held is %s", (length, holding) => {
    const stream = follow("repeat", 16_384).attach().chunked(upTo(30_000)).attach();
    expect(stream.chunked("-".repeat(length)).positioner.holding).toBe(holding);
  });

  test("leaves nothing held when it settles, and ends at the bytes that were held", () => {
    const stream = follow().attach().chunked(upTo(10_000)).attach().frame("short").settle().settle();
    expect(stream.said).toEqual(["gap 0 at 10000"]);
    expect(stream.text()).toBe(`${upTo(10_000)}short`);
  });
});

describe("nothing more comes, and nothing says that it was all", () => {
  test("what is open settles by content", () => {
    const stream = follow().attach().chunked(upTo(2_000)).attach().chunked(upTo(3_000)).abandon();
    expect(stream.said).toEqual(["provisional at 2000", "exact content at 2000"]);
    expect(stream.positioner.proved).toBe(false);
  });

  test("what is held is delivered", () => {
    const stream = follow().attach().chunked(upTo(10_000)).attach().frame("short").abandon();
    expect(stream.said).toEqual(["gap 0 at 10000"]);
    expect(stream.text()).toBe(`${upTo(10_000)}short`);
  });

  test("live output is left as it is", () => {
    const stream = follow().attach().chunked(upTo(10_000)).abandon();
    expect(stream.said).toEqual([]);
    expect(stream.text()).toBe(upTo(10_000));
  });
});

test("frames without bytes deliver nothing", () => {
  const stream = follow().attach().frame("").frame("a").frame("");
  expect(stream.chunks).toHaveLength(1);
  expect(stream.positioner.holding).toBe(false);
});

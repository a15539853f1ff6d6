import { describe, expect, test } from "vitest";
import { counted, follow } from "./recorder.ts";

/** Replays that do not begin at byte 0, and replays that show a loss: where they are joined, and where they are not. */

const written = counted(60_000);
const upTo = (end: number) => written.slice(0, end);
const piece = (from: number, to: number) => written.slice(from, to);
const yes = (length: number) => "y\n".repeat(length / 2);

describe("a search", () => {
  test("holds what fits at several places, also where it fits from the first byte that is kept", () => {
    expect(follow().attach().chunked(yes(20_000)).attach().frame(yes(100)).positioner.holding).toBe(true);
  });

  test("is over with the last byte that was delivered: nothing has to follow", () => {
    const stream = follow().attach().chunked(upTo(10_000)).attach().frame(piece(5_000, 10_000));
    expect(stream.said).toEqual(["exact content at 10000"]);
  });

  test("is in doubt as soon as what it found comes again", () => {
    const stream = follow().attach().chunked(upTo(10_000)).attach().chunked(piece(9_000, 10_000));
    expect(stream.said).toEqual([]);
    stream.chunked(piece(9_000, 10_000));
    expect(stream.said).toEqual(["ambiguous skip at 10000"]);
  });

  test("that is mended by the end of what was delivered is in doubt when that comes again", () => {
    const twice = piece(20_000, 20_600);
    const replay = `${upTo(1_000)}${twice}${piece(1_000, 13_000)}${twice}${piece(13_000, 14_000)}`;
    const stream = follow("repeat", 16_384).attach().chunked(replay.slice(0, 3_000)).chunked(twice);
    stream.attach().chunked(replay.slice(0, 13_500));
    expect(stream.said).toEqual(["gap 0 at 3000"]);
    stream.chunked(replay.slice(13_500));
    expect(stream.said).toEqual(["gap 0 at 3000", "ambiguous skip at 3600"]);
  });

  test.each([
    ["a whole backlog was seen", (stream: ReturnType<typeof follow>, replay: string) => stream.frame(replay)],
    [
      "it has paused since",
      (stream: ReturnType<typeof follow>, replay: string) => {
        stream.chunked(replay).settle();
        return stream;
      },
    ],
  ])("that is mended so is not in doubt when %s: what comes again is new", (_, bring) => {
    const twice = piece(20_000, 20_600);
    const replay = `${upTo(1_000)}${twice}${piece(1_000, 6_000)}`;
    const stream = follow("repeat", 16_384).attach().chunked(replay.slice(0, 3_000)).chunked(twice).attach();
    expect(bring(stream, replay).said).toEqual(["gap 0 at 3000"]);
    stream.chunked(twice);
    expect(stream.said).toEqual(["gap 0 at 3000"]);
    expect(stream.text()).toBe(replay.slice(0, 3_000) + twice + replay.slice(1_600) + twice);
  });

  test("is behind until it has reached what was delivered", () => {
    const stream = follow().attach();
    expect(stream.positioner.behind).toBe(false);
    stream.chunked(upTo(10_000)).attach();
    expect(stream.positioner.behind).toBe(true);
    stream.chunked(piece(5_000, 9_000));
    expect(stream.positioner.behind).toBe(true);
    stream.chunked(piece(9_000, 10_000));
    expect(stream.positioner.behind).toBe(false);
  });

  test("does not trust the longest of several overlaps, however unique it is", () => {
    const again = piece(30_000, 30_070);
    const delivered = upTo(10_000) + again + piece(12_000, 13_000) + again;
    const replay = again + piece(12_000, 13_000) + again + piece(40_000, 44_000);
    const stream = follow().attach().chunked(delivered).attach().frame(replay);
    expect(stream.said).toEqual([`ambiguous repeat at ${delivered.length}`]);
    expect(stream.text()).toBe(delivered + replay);
  });

  test("is not given up after a large frame that is not the first", () => {
    const stream = follow("repeat", 16_384).attach().chunked(upTo(30_000)).attach();
    expect(stream.frame("-".repeat(10)).frame("-".repeat(5_000)).positioner.holding).toBe(true);
  });

  test("begins anew when the replay is over before it has reached what was delivered", () => {
    const stream = follow().attach().chunked(upTo(10_000)).attach("drain").chunked(piece(5_000, 6_000));
    expect(stream.positioner.holding).toBe(false);
    stream.end();
    expect(stream.said).toEqual(["gap 0 at 10000"]);
    expect(stream.text()).toBe(upTo(10_000) + piece(5_000, 6_000));
  });

  describe("of which the end has not come", () => {
    const block = piece(0, 3_000);
    const delivered = block.repeat(9).slice(0, 25_000);
    const begun = block.repeat(9).slice(17_000, 21_000);
    const stream = (policy: "repeat" | "skip") =>
      follow(policy).attach().chunked(delivered).attach("drain").chunked(begun);

    test.each(["settle", "abandon"] as const)("finds no place by where it stopped: %s", (how) => {
      const repeated = stream("repeat")[how]();
      expect(repeated.said).toEqual(["ambiguous repeat at 25000"]);
      expect(repeated.text()).toBe(delivered + begun);
      const skipped = stream("skip")[how]();
      expect(skipped.said).toEqual(["ambiguous skip at 25000"]);
      expect(skipped.text()).toBe(delivered);
    });

    test("goes on where it had to be decided on: what is skipped is skipped to its end", () => {
      const rest = block.repeat(9).slice(21_000, 25_600);
      const skipped = stream("skip").settle().chunked(rest);
      expect(skipped.text()).toBe(block.repeat(9).slice(0, 25_600));
      const repeated = stream("repeat").settle().chunked(rest);
      expect(repeated.text()).toBe(delivered + begun + rest);
      expect(repeated.said).toEqual(["ambiguous repeat at 25000"]);
    });

    test("is decided on by the exit frame: a replay reaches what was delivered", () => {
      const ended = follow().attach().chunked(upTo(6_000)).attach("drain").chunked(piece(5_000, 6_200)).end();
      expect(ended.said).toEqual(["exact content at 6000"]);
      expect(ended.text()).toBe(upTo(6_200));
      // It did not begin at byte 0, against all that is known of servers: nothing is proved by its length.
      expect(ended.positioner.proved).toBe(false);
    });
  });

  test("for a later place knows nothing of an earlier one", () => {
    const stream = follow().attach().chunked(upTo(2_000)).attach().chunked(upTo(10_000));
    expect(stream.said).toEqual(["provisional at 2000", "exact content at 2000"]);
    stream.attach().frame(piece(5_000, 12_000));
    expect(stream.said.slice(2)).toEqual(["exact content at 10000"]);
    expect(stream.text()).toBe(upTo(12_000));
  });
});

test.each([
  [8_192, ["provisional at 8192", "exact content at 8192"]],
  [8_193, ["exact content at 8193"]],
])("of %i bytes delivered, all or not all is kept", (length, said) => {
  const stream = follow()
    .attach()
    .chunked(upTo(length))
    .attach()
    .chunked(piece(length - 8_192, length));
  expect(stream.said).toEqual(said);
});

describe("a difference in a replay from byte 0", () => {
  test("proves nothing by the length of a frame that is not the first: all of it is repeated", () => {
    const delivered = `${upTo(1_000)}never written`;
    const stream = follow().attach().chunked(delivered).attach().frame(upTo(500)).frame(piece(500, 7_000));
    expect(stream.said).toEqual(["gap 0 at 1013"]);
    expect(stream.text()).toBe(delivered + upTo(7_000));
  });

  test.each([
    [63, "gap 0 at 1063", (tail: string) => upTo(1_000) + tail + piece(1_000, 6_000)],
    [64, "gap 500 at 1000", (tail: string) => upTo(1_000) + tail + piece(1_564, 6_000)],
  ])("is bridged by what was delivered behind it, if that is enough: %i bytes", (length, said, text) => {
    const tail = piece(1_500, 1_500 + length);
    const stream = follow()
      .attach()
      .chunked(upTo(1_000) + tail)
      .attach()
      .frame(upTo(6_000));
    expect(stream.said).toEqual([said]);
    expect(stream.text()).toBe(text(tail));
  });

  test("that is proved is a loss, even where its beginning fits elsewhere, too", () => {
    const before = upTo(1_000) + piece(5_000, 6_000);
    const lost = `#${piece(9_000, 9_500)}`;
    const after = upTo(200) + piece(12_000, 16_000);
    const stream = follow()
      .attach()
      .chunked(before + upTo(200))
      .attach()
      .frame(before + lost + after);
    expect(stream.said).toEqual(["gap 0 at 2200"]);
    expect(stream.text()).toBe(before + upTo(200) + lost + after);
  });
});

describe("a loss of which the place is not known is said where delivery goes on; nothing comes twice", () => {
  test("in a trimmed replay that was joined before it", () => {
    const delivered = upTo(20_000) + piece(20_500, 25_500);
    const stream = follow("repeat", 16_384).attach().chunked(delivered).attach();
    stream.frame(piece(19_000, 19_500));
    expect(stream.positioner.holding).toBe(false);
    stream.chunked(piece(19_500, 35_384));
    expect(stream.said).toEqual(["gap 0 at 25000"]);
    expect(stream.text()).toBe(delivered + piece(25_500, 35_384));
  });

  test("in a replay that begins before what is kept, after an earlier loss: how much is not known", () => {
    const later = `#${piece(20_000, 25_000)}`;
    const stream = follow("repeat", 16_384).attach().chunked(upTo(100)).attach().frame(later);
    stream.attach().frame(piece(14_000, 20_000) + later + piece(25_000, 26_000));
    expect(stream.said).toEqual(["gap 0 at 100", "gap 0 at 5101"]);
    expect(stream.text()).toBe(upTo(100) + later + piece(25_000, 26_000));
  });
});

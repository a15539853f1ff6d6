import { describe, expect, test } from "vitest";
import {
  createPlace,
  isProof,
  type OpenPlace,
  type Place,
  type PlaceSettings,
} from "../../../src/attach/replay/place.ts";
import type { PositionerSink } from "../../../src/attach/replay/positioner.ts";

/** When the verdict on a place settles, and on what. In small: overlaps prove something from 4 bytes on. */

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

const sink: PositionerSink = { fresh: () => {}, verdict: () => {} };

function placeOf(common: string, settings: Partial<PlaceSettings> = {}) {
  const said: string[] = [];
  const place = createPlace({
    kept: bytes(common),
    start: 0,
    fromZero: true,
    position: 10,
    settlesAt: 100,
    minimum: 4,
    say(verdict, position, to) {
      expect(to).toBe(sink);
      said.push(`${Object.values(verdict).join(" ")} at ${position}`);
    },
    ...settings,
  });
  return { place, said };
}

/** An earlier place, still open, that content proves. */
const UNIQUE: OpenPlace = { position: 3, otherwise: { kind: "exact", proof: "content" } };
/** And one that it does not prove. */
const DOUBTFUL: OpenPlace = { position: 5, otherwise: { kind: "ambiguous", policy: "skip" } };

const openAt = (place: Place) => place.open.map(({ position }) => position);

describe("a place that its length proves", () => {
  test("is exact as soon as it is reached, with all that share its fate, and says nothing more", () => {
    const { place, said } = placeOf("abcdefgh", { before: [UNIQUE, DOUBTFUL] });
    place.prove();
    expect(said).toEqual([]);
    place.joined(8, sink);
    expect(said).toEqual(["exact length at 3", "exact length at 5", "exact length at 10"]);
    expect(place.open).toEqual([]);
    place.follow(bytes("abcdefgh"), 200, sink);
    place.cut(sink);
    place.end(true, sink);
    expect(said).toHaveLength(3);
  });
});

describe("a place at byte 0", () => {
  test("is provisional, itself only, until the stream ends: then its length proves all that is open", () => {
    const { place, said } = placeOf("abcdefgh", { before: [UNIQUE, DOUBTFUL] });
    place.joined(8, sink);
    expect(said).toEqual(["provisional at 10"]);
    expect(openAt(place)).toEqual([3, 5, 10]);
    place.follow(bytes("abcdefgh"), 16, sink);
    place.end(true, sink);
    expect(said.slice(1)).toEqual(["exact total at 3", "exact total at 5", "exact total at 10"]);
    expect(place.open).toEqual([]);
  });

  test("goes by content when the backlog may have been trimmed by the end", () => {
    const { place, said } = placeOf("abcdefgh");
    place.joined(8, sink);
    place.end(false, sink);
    expect(said).toEqual(["provisional at 10", "exact content at 10"]);
  });

  test("goes by content when the connection is cut", () => {
    const { place, said } = placeOf("abcdefgh");
    place.joined(8, sink);
    place.cut(sink);
    expect(said).toEqual(["provisional at 10", "exact content at 10"]);
  });

  test("says nothing while the replay has not reached it", () => {
    const { place, said } = placeOf("abcdefgh");
    expect(place.open).toEqual([]);
    place.follow(bytes("abcdefgh"), 200, sink);
    place.cut(sink);
    place.end(true, sink);
    expect(said).toEqual([]);
  });
});

describe("until a place is reached, the evidence of the one before it stands", () => {
  const following = (earlier = placeOf("abcdefgh", { position: 3 })) => {
    earlier.place.joined(8, sink);
    return { earlier, ...placeOf("abcdefgh__", { before: earlier.place.open, earlier: earlier.place }) };
  };

  test("it is what is open, and a cut settles it by what it knows", () => {
    const { place, said, earlier } = following();
    expect(openAt(place)).toEqual([3]);
    expect(place.standing).toBe(earlier.place);
    place.cut(sink);
    expect(earlier.said).toEqual(["provisional at 3", "exact content at 3"]);
    expect(said).toEqual([]);
  });

  test("then the new one's stands, for both", () => {
    const { place, said, earlier } = following();
    place.joined(10, sink);
    expect(openAt(place)).toEqual([3, 10]);
    expect(place.standing).toBe(place);
    place.cut(sink);
    expect(said).toEqual(["provisional at 10", "exact content at 3", "exact content at 10"]);
    expect(earlier.said).toEqual(["provisional at 3"]);
  });

  test("and none once it has settled", () => {
    const { place, earlier } = following();
    place.joined(10, sink);
    place.end(true, sink);
    expect(place.open).toEqual([]);
    expect(place.standing).toBe(null);
    place.cut(sink);
    expect(earlier.said).toEqual(["provisional at 3"]);
  });

  test("where there was none, none", () => {
    expect(placeOf("abcdefgh").place.standing).toBe(null);
  });
});

describe("content proves each place by itself", () => {
  test.each(["cut", "end"] as const)("what is open when the connection is over: %s", (how) => {
    const { place, said } = placeOf("abcdefgh", { before: [UNIQUE, DOUBTFUL] });
    place.joined(8, sink);
    if (how === "cut") place.cut(sink);
    else place.end(false, sink);
    expect(said.slice(1)).toEqual(["exact content at 3", "ambiguous skip at 5", "exact content at 10"]);
  });

  test("a place in doubt does not put the ones before it in doubt", () => {
    const { place, said } = placeOf("abcabc", { before: [UNIQUE] });
    place.joined(6, sink);
    expect(place.open).toEqual([UNIQUE, { position: 10, otherwise: { kind: "ambiguous", policy: "skip" } }]);
    place.cut(sink);
    expect(said.slice(1)).toEqual(["exact content at 3", "ambiguous skip at 10"]);
  });
});

describe("a place found by content", () => {
  const found = { fromZero: false, kept: bytes("....abcdefgh"), start: 4 };

  test("is not proved by a total, and is never provisional", () => {
    const { place, said } = placeOf("", found);
    place.joined(8, sink);
    expect(said).toEqual([]);
    place.end(true, sink);
    expect(said).toEqual(["exact content at 10"]);
  });

  test("is none if it is too short to prove anything", () => {
    const { place, said } = placeOf("abc", { fromZero: false });
    place.joined(3, sink);
    place.cut(sink);
    expect(said).toEqual(["ambiguous skip at 10"]);
  });

  test("is in doubt at once when the same comes again: no length will prove it", () => {
    const { place, said } = placeOf("", found);
    place.joined(8, sink);
    place.follow(bytes("abcdefg"), 15, sink);
    expect(said).toEqual([]);
    place.follow(bytes("h"), 16, sink);
    expect(said).toEqual(["ambiguous skip at 10"]);
    expect(place.open).toEqual([]);
  });

  test("was found to be unique: that it begins as it ends does not matter", () => {
    const { place, said } = placeOf("abcdefgh__abcdefgh", { fromZero: false });
    place.joined(18, sink);
    place.cut(sink);
    expect(said).toEqual(["exact content at 10"]);
  });
});

describe("where a replay cannot go on any more, the place settles", () => {
  test.each([
    [99, ["provisional at 10"]],
    [100, ["provisional at 10", "exact content at 10"]],
  ])("joined after %i bytes of 100", (received, expected) => {
    const { place, said } = placeOf("abcdefgh");
    place.joined(received, sink);
    expect(said).toEqual(expected);
  });

  test.each([
    [99, ["provisional at 10"]],
    [100, ["provisional at 10", "exact content at 10"]],
  ])("with output up to byte %i of 100; what comes later does not matter", (received, expected) => {
    const { place, said } = placeOf("abcdefgh");
    place.joined(8, sink);
    place.follow(bytes("__"), received, sink);
    expect(said).toEqual(expected);
    if (received === 100) place.follow(bytes("abcdefgh"), 108, sink);
    expect(said).toEqual(expected);
  });
});

describe("by content, a place is proved when nothing like it is seen elsewhere", () => {
  test.each([
    ["abc", "too short to prove anything", false],
    ["abcd", "long enough", true],
    ["abcd_______abcd", "it ends as it begins", false],
    ["abc________abc", "it ends as it begins, by too little to matter", true],
    ["abcabc", "it repeats itself after a few bytes", false],
    ["abcdabc", "it repeats itself, but not after a few bytes", true],
  ])("%s: %s", (common, _, proved) => {
    const { place, said } = placeOf(common);
    place.joined(common.length, sink);
    place.cut(sink);
    expect(said.at(-1)).toBe(proved ? "exact content at 10" : "ambiguous skip at 10");
  });

  test.each([
    ["nothing like it", ["abcdefg", "_"], true],
    ["the same again", ["abcdefgh"], false],
    ["the same again, in pieces, before more", ["__abc", "def", "gh__"], false],
    ["the same again, and then not", ["abcdefgh", "________"], false],
  ])("what follows is %s", (_, pieces, proved) => {
    const { place, said } = placeOf("abcdefgh");
    place.joined(8, sink);
    for (const piece of pieces) place.follow(bytes(piece), 20, sink);
    place.cut(sink);
    expect(said.at(-1)).toBe(proved ? "exact content at 10" : "ambiguous skip at 10");
  });

  test("the same again may begin in what both have in common", () => {
    const { place, said } = placeOf("abc_abc");
    place.joined(7, sink);
    place.follow(bytes("_abc"), 11, sink);
    place.cut(sink);
    expect(said.at(-1)).toBe("ambiguous skip at 10");
  });
});

describe("an overlap proves a place", () => {
  test.each([
    ["long enough without its end", "....abcdefgh", 4, true],
    ["too short without its end", "....abcdefg", 4, false],
    ["the same elsewhere", "abcdefgh__abcdefgh", 10, false],
    ["the same elsewhere but for its end", "abcd______abcdefgh", 10, false],
    ["a part of it elsewhere", "abc_______abcdefgh", 10, true],
  ])("%s", (_, kept, start, proved) => {
    expect(isProof(bytes(kept), start, 4)).toBe(proved);
  });
});

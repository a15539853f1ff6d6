import { describe, expect, test } from "vitest";
import { CAPACITY, counted, follow } from "./recorder.ts";

describe("what a gateway has dropped", () => {
  test("is a gap at its place, with its length; what follows is delivered", () => {
    const stream = follow().attach().chunked("before").missed(70_000).chunked("behind").end();
    expect(stream.said).toEqual(["gap 70000 gateway at 6"]);
    expect(stream.text()).toBe("beforebehind");
    expect(stream.positioner.position).toBe(12);
  });

  test("at the very beginning is a gap there", () => {
    const stream = follow().attach().missed(5).frame("behind").end();
    expect(stream.said).toEqual(["gap 5 gateway at 0"]);
    expect(stream.text()).toBe("behind");
  });

  test("ends what lengths can prove, and a drain proves nothing either", () => {
    const text = counted(3_000);
    const stream = follow().attach().chunked(text).missed(1).chunked("behind");
    stream.attach("drain").chunked(`${text}xbehind`).end();
    expect(stream.positioner.proved).toBe(false);
    expect(stream.said[0]).toBe("gap 1 gateway at 3000");
  });

  test("settles a place that was open, by what was known until then", () => {
    const text = counted(2_000);
    const stream = follow().attach().chunked(text).attach().chunked(`${text}more`);
    expect(stream.said).toEqual(["provisional at 2000"]);
    stream.missed(10);
    expect(stream.said).toEqual(["provisional at 2000", "exact content at 2000", "gap 10 gateway at 2004"]);
  });

  test("in a replay is missing as far as it was new", () => {
    const text = counted(3_000);
    const stream = follow().attach().chunked(text).attach().chunked(text.slice(0, 1_000)).missed(2_500);
    expect(stream.said).toEqual(["gap 500 gateway at 3000"]);
    expect(stream.chunked("behind").text()).toBe(`${text}behind`);
  });

  test("in a replay whose place is being looked for, is behind what is held", () => {
    const text = counted(9_000);
    const stream = follow().attach().chunked(text).attach();
    // Trimmed: 1,000 bytes that were delivered, and 200 new ones.
    stream.chunked(`${text.slice(8_000)}${"new ".repeat(50)}`).missed(30);
    expect(stream.said).toEqual(["exact content at 9000", "gap 30 gateway at 9200"]);
    expect(stream.text()).toBe(`${text}${"new ".repeat(50)}`);
  });

  test("does not lose what is held", () => {
    const text = counted(9_000);
    const stream = follow().attach().chunked(text).attach().frame("too little to be found").missed(30);
    expect(stream.said).toEqual(["gap 0 at 9000", "gap 0 at 9022"]);
    expect(stream.text()).toBe(`${text}too little to be found`);
  });

  test("is not followed by what could be a whole backlog", () => {
    const stream = follow().attach().missed(10).frame(counted(CAPACITY)).end();
    expect(stream.said).toEqual(["gap 10 gateway at 0"]);
  });

  test("is not joined over: a replay is compared with what came behind it", () => {
    const before = counted(2_000);
    const behind = counted(12_000).slice(2_300);
    const stream = follow().attach().chunked(before).missed(300).chunked(behind);
    stream
      .attach()
      .chunked(`${behind.slice(-8_000)}and more`)
      .settle();
    expect(stream.text()).toBe(`${before}${behind}and more`);
    expect(stream.said).toEqual(["gap 300 gateway at 2000", "exact content at 11700"]);
  });

  test("is said again where a replay begins before it, and what came behind it goes on", () => {
    const before = counted(2_000);
    const behind = counted(4_000).slice(2_300);
    const stream = follow().attach().chunked(before).missed(300).chunked(behind);
    stream
      .attach()
      .chunked(`${before}${"?".repeat(300)}${behind}and more`)
      .settle();
    expect(stream.text()).toBe(`${before}${behind}and more`);
    expect(stream.said).toEqual(["gap 300 gateway at 2000", "gap 0 at 3700"]);
  });

  test.each(["repeat", "skip"] as const)(
    "is seen over to the end of a long replay: nothing comes twice, %s",
    (policy) => {
      const written = counted(80_000);
      const stream = follow(policy).attach().chunked(written.slice(0, 9_000)).missed(60_000);
      stream.chunked(written.slice(69_000, 71_600));
      stream
        .attach()
        .chunked(written.slice(71_600 - CAPACITY, 71_600))
        .settle()
        .chunked("and more")
        .end();
      expect(stream.text()).toBe(`${written.slice(0, 9_000)}${written.slice(69_000, 71_600)}and more`);
    },
  );
});

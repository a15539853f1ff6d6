import { expect, test } from "vitest";
import { CAPACITY, counted, follow, recorder } from "./recorder.ts";

/** I2: a provisional verdict is followed by another, however the following ends. */

function abandoned(stream: ReturnType<typeof follow>): string[] {
  const { sink, said } = recorder();
  stream.positioner.abandon(sink);
  return [...stream.said, ...said];
}

test("I2: a place that is open when all is given up goes by its content", () => {
  const stream = follow().attach().chunked(counted(200)).attach().chunked(counted(300));
  expect(abandoned(stream)).toEqual(["provisional at 200", "exact content at 200"]);
});

test("I2: an earlier place is not forgotten when the replay after it is cut short", () => {
  const stream = follow().attach().chunked(counted(2_000)).attach().chunked(counted(2_500));
  // The third and the fourth connection bring less than was delivered; the last one all, and the end.
  stream.attach().chunked(counted(1_024)).attach().chunked(counted(1_024));
  stream.attach("drain").chunked(counted(2_600)).end();
  expect(stream.said).toEqual([
    "provisional at 2000",
    "provisional at 2500",
    "exact total at 2000",
    "exact total at 2500",
  ]);
  const cut = follow().attach().chunked(counted(2_000)).attach().chunked(counted(2_500));
  cut.attach().chunked(counted(1_024));
  expect(abandoned(cut)).toEqual(["provisional at 2000", "exact content at 2000"]);
});

test("I2: nor is it when a later replay turns out to begin elsewhere", () => {
  const whole = counted(CAPACITY + 6_000);
  const stream = follow().attach().chunked(whole.slice(0, 2_000)).attach().chunked(whole.slice(0, 4_000));
  stream.attach().frame(whole.slice(3_000, 3_000 + CAPACITY));
  expect(stream.said).toEqual(["provisional at 2000", "exact content at 2000", "exact content at 4000"]);
  expect(stream.text()).toBe(whole.slice(0, 3_000 + CAPACITY));
});

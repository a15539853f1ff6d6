import { describe, expect, test } from "vitest";
import { CAPACITY, createWorld, type Tab, type World } from "./support/world.ts";

/** Whole worlds: tabs, their origin's channels and locks, and a server, all in memory, in an order that is drawn from a seed. */

const SEEDS = Array.from({ length: 6 }, (_, index) => index + 1);
const STREAMS = ["stdout", "stderr"] as const;

describe.each(["runner", "serve"] as const)("%s", (dialect) => {
  test.each(SEEDS)("ten leader changes, every tab has the bytes of the process: seed %i", async (seed) => {
    const world = createWorld(seed, dialect);
    const { random } = world;
    const stays = world.open();
    world.open();
    for (let change = 0; change < 10; change += 1) {
      world.open();
      await work(world);
      await world.until("a tab leads", () => world.leader() !== undefined);
      await work(world);
      const leader = world.leader();
      if (leader === undefined) throw new Error("nobody leads");
      // One tab sees it all.
      const how = random.pick(leader === stays ? ["freeze", "hang"] : ["freeze", "hang", "crash", "detach"]);
      if (how === "crash") world.crash(leader);
      else if (how === "detach") leader.pump.detach();
      else if (how === "freeze") world.freeze(leader);
      else world.hang(leader);
      await world.until("another tab leads", () => ![undefined, leader].includes(world.leader()));
      await work(world);
      if (how === "freeze" || how === "hang") world.goOn(leader);
      await work(world);
    }
    await end(world);
    const ended = world.tabs.filter((tab) => tab.end !== null && "exitCode" in tab.end);
    expect(ended).toContain(stays);
    for (const tab of ended) expectTruth(world, tab, seed);
    // The one that was there from the beginning has it all, and nothing was ever in doubt.
    for (const stream of STREAMS) {
      expect(Buffer.from(stays.received[stream]).equals(world.server.streams[stream].written)).toBe(true);
    }
    expect(discontinuities(stays)).toEqual([]);
    expect(stays.end).toMatchObject({ exitCode: 7, complete: true });
  });
});

/** The process writes a little, less than the server keeps. */
async function work(world: World): Promise<void> {
  for (let writes = world.random.between(0, 3); writes > 0; writes -= 1) {
    const stream = world.random.pick(STREAMS);
    world.server.write(stream, randomBytes(world, world.random.between(1, 600)));
    for (let steps = world.random.between(0, 30); steps > 0; steps -= 1) await world.scheduler.step(false);
  }
}

async function end(world: World): Promise<void> {
  world.server.end(7);
  await world.until("all tabs have the result", () =>
    world.tabs.every((tab) => tab.page.loop.state === "dead" || tab.end !== null),
  );
  await world.drain();
  for (const tab of world.tabs) expect(tab.page.loop.state === "dead" ? 0 : tab.connections).toBe(0);
}

function randomBytes(world: World, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => world.random.between(0, 255));
}

function discontinuities(tab: Tab) {
  return tab.events.filter(
    (event) =>
      event.type === "verdict" && (event.verdict.kind === "gap" || event.verdict.kind === "ambiguous"),
  );
}

/** Between two places where something was said to be in doubt, what a tab delivered is a piece of what the process wrote. */
function expectTruth(world: World, tab: Tab, seed: number): void {
  for (const stream of STREAMS) {
    const got = Buffer.from(tab.received[stream]);
    const places = discontinuities(tab).flatMap((event) =>
      event.type === "verdict" && event.stream === stream ? [event.position] : [],
    );
    const cuts = [0, ...places, got.length].sort((a, b) => a - b);
    const written = Buffer.from(world.server.streams[stream].written);
    for (const [index, from] of cuts.entries()) {
      const piece = got.subarray(from, cuts[index + 1] ?? from);
      expect(written.includes(piece), `seed ${seed}, ${tab.page.id}, ${stream} from byte ${from}`).toBe(true);
    }
    if (places.length === 0) expect(got.length).toBe(written.length);
    expect(got.length).toBeGreaterThanOrEqual(Math.min(written.length, CAPACITY) - places.length * CAPACITY);
  }
}

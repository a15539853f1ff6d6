import { type Schedule, scheduleOfSeed } from "./schedule.ts";
import { createTally, type Tally } from "./tally.ts";
import { createWorld, type Run, type World } from "./world.ts";

/** Runs one schedule to its end. */
export async function runSchedule(schedule: Schedule): Promise<Run> {
  const world = createWorld(schedule);
  do {
    if (world.asynchronous) await turn();
  } while (world.step());
  return world.run;
}

export interface SoakOptions {
  readonly runs: number;
  /** The first run's; the others follow. */
  readonly seed: number;
  readonly onProgress?: (done: number) => void;
}

/** Schedules under way at once: a turn of the event loop, which runs the microtasks, serves all of them. */
const LANES = 32;

/** Runs the schedules of `runs` seeds, and counts what happens. */
export async function soak({ runs, seed, onProgress }: SoakOptions): Promise<Tally> {
  const tally = createTally();
  const lanes: { readonly seed: number; readonly world: World }[] = [];
  let started = 0;
  let done = 0;
  while (done < runs) {
    for (; lanes.length < LANES && started < runs; started += 1) {
      lanes.push({ seed: seed + started, world: createWorld(scheduleOfSeed(seed + started)) });
    }
    await turn();
    for (let lane = lanes.length - 1; lane >= 0; lane -= 1) {
      const entry = lanes[lane];
      if (entry === undefined) continue;
      let more = entry.world.step();
      while (more && !entry.world.asynchronous) more = entry.world.step();
      if (more) continue;
      lanes.splice(lane, 1);
      tally.add(entry.seed, entry.world.run);
      done += 1;
      if (done % 10_000 === 0) onProgress?.(done);
    }
  }
  return tally.result();
}

/** All microtasks have run when it resolves. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

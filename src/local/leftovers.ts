import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** How long killed processes may take to be gone, and how often to look. In milliseconds. */
const PATIENCE = 2_000;
const LOOK_INTERVAL = 2;

/**
 * Looks that must find nothing before it is believed: what a process starts and leaves behind between the listing and
 * the look at it is seen by the second. Of those that find somebody in doubt, so many are enough.
 */
const QUIET_LOOKS = 2;
const DOUBTFUL_LOOKS = 25;

/**
 * Kills every process whose environment holds `name=value`, and those they start meanwhile. Resolves when they are gone.
 *
 * Killing a process group does not reach a daemon that left it, nor the background jobs of a shell on a terminal. Linux
 * tells the environment of each process; elsewhere this does nothing.
 */
export async function killMarked(name: string, value: string): Promise<void> {
  if (process.platform !== "linux") return;
  const entry = Buffer.from(`\0${name}=${value}\0`);
  const deadline = performance.now() + PATIENCE;
  let quiet = 0;
  let doubtful = 0;
  while (quiet < QUIET_LOOKS && doubtful < DOUBTFUL_LOOKS && performance.now() < deadline) {
    const verdicts = processIds().map((pid) => ({ pid, verdict: judge(pid, entry) }));
    const marked = verdicts.filter(({ verdict }) => verdict === "marked");
    for (const { pid } of marked) kill(pid);
    if (marked.length > 0) quiet = 0;
    else if (verdicts.some(({ verdict }) => verdict === "doubtful")) doubtful += 1;
    else quiet += 1;
    await delay(LOOK_INTERVAL);
  }
}

function processIds(): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

function judge(pid: number, entry: Buffer): "marked" | "foreign" | "doubtful" {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`);
    if (environment.length > 0) {
      return Buffer.concat([Buffer.from("\0"), environment]).includes(entry) ? "marked" : "foreign";
    }
    // For a moment in the middle of execve a process has no environment. The dead and the kernel's never have one.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return state === "Z" || state === "X" || parent === "0" || parent === "2" ? "foreign" : "doubtful";
  } catch {
    // Gone meanwhile, or another user's.
    return "foreign";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

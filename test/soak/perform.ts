import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { BoxLite, type OutputName } from "../../src/index.ts";
import type { LocalServer } from "../../src/local/index.ts";
import type { FaultProxy } from "../../src/testing/index.ts";
import type { Watch } from "../chaos/watch.ts";
import { findFlaws } from "./compare.ts";
import { consumers, runAlone, type Seen } from "./consumers.ts";
import type { SoakRun } from "./draw.ts";

/** One server with the proxy before it. */
export interface Site {
  readonly server: LocalServer;
  readonly proxy: FaultProxy;
  readonly watch: Watch;
  readonly boxlite: BoxLite;
}

/** What came of one run. */
export interface Performed {
  readonly cuts: number;
  readonly verdicts: readonly string[];
  readonly lost: number;
  readonly repeated: number;
  /** It has an exit that the process did not have. */
  readonly invented: boolean;
  readonly hung: boolean;
  /** The result says that output may be missing. */
  readonly incomplete: boolean;
  /** What else is wrong, in words. */
  readonly complaints: readonly string[];
}

/** Milliseconds. The longest of them takes a tenth of it on a busy machine. */
const HUNG_AFTER = 120_000;

/** Performs a run, and says what is wrong with what came of it. A run that does not end is left behind. */
export async function perform(
  site: Site,
  run: SoakRun,
  parent: string,
  longLived: AbortSignal,
): Promise<Performed> {
  let cuts = 0;
  const onCut = () => {
    cuts += 1;
  };
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<"hung">((resolve) => {
    timer = setTimeout(() => resolve("hung"), HUNG_AFTER);
  });
  const folder = join(parent, String(run.seed));
  await mkdir(folder);
  const seen = await Promise.race([
    act(site, run, folder, longLived, onCut).catch((failure: unknown): Seen => ({ failure })),
    hung,
  ]);
  clearTimeout(timer);
  const result = seen === "hung" ? nothingOf(cuts) : { ...assess(run, seen, folder), cuts };
  await rm(folder, { recursive: true });
  return result;
}

async function act(
  site: Site,
  run: SoakRun,
  folder: string,
  longLived: AbortSignal,
  onCut: () => void,
): Promise<Seen> {
  const { watch } = site;
  const followed = { faults: run.faults, statusFaults: run.statusFaults, onCut };
  if (run.consumer === "run()") {
    let id = "";
    const boxlite = createNoticing(site, (boxId) => {
      id = boxId;
      watch.follow(boxId, followed);
    });
    const seen = await runAlone(boxlite, { run, folder, longLived });
    watch.forget(id);
    return seen;
  }
  const box = await site.boxlite.boxes.create({ image: "alpine:latest" });
  watch.follow(box.id, followed);
  try {
    return await consumers[run.consumer]({ box, run, folder, longLived });
  } finally {
    await box.remove();
    watch.forget(box.id);
  }
}

/** A client that tells which box it has made, before it goes on. */
function createNoticing({ proxy, server }: Site, onBox: (id: string) => void): BoxLite {
  return new BoxLite({
    baseUrl: proxy.url,
    token: server.token,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const response = await fetch(request);
      if (request.method === "POST" && request.url.endsWith("/boxes") && response.ok) {
        const { box_id } = await response.clone().json();
        onBox(String(box_id));
      }
      return response;
    },
  });
}

function assess(run: SoakRun, seen: Seen, folder: string): Omit<Performed, "cuts"> {
  const { exit } = seen;
  const complaints = [...(seen.complaints ?? [])];
  const verdicts: string[] = [];
  let lost = 0;
  let repeated = 0;
  for (const name of ["stdout", "stderr"] as const satisfies OutputName[]) {
    const brought = seen[name];
    if (brought === undefined) continue;
    const flaws = findFlaws({ ...brought, folder });
    lost += flaws.lost;
    repeated += flaws.repeated;
    const kinds = brought.said.map(({ verdict }) => verdict.kind);
    verdicts.push(...kinds);
    if (exit?.complete && (kinds.includes("gap") || kinds.includes("ambiguous"))) {
      complaints.push(`${name} has a discontinuity, and the exit is complete`);
    }
    const proved = exit?.delivered[name].proved && !brought.open;
    if (proved && flaws.lost + flaws.repeated > 0) complaints.push(`${name} is wrong, and proved`);
  }
  // Aborted, or never let in: then there is none, and the consumer has looked at what there is.
  const endless = run.consumer === "aborted" || run.consumer === "never let in";
  if (exit === undefined && !endless) complaints.push(`it failed: ${seen.failure}`);
  if (exit?.complete && exit.source !== "exit-frame") complaints.push("complete without an exit frame");
  const code = exit?.exitCode ?? null;
  // Of what was killed the code may be gone with it. All others are kept by the server.
  if (exit !== undefined && code === null && run.consumer !== "killed")
    complaints.push("its exit has no code");
  return {
    verdicts,
    lost,
    repeated,
    invented: code !== null && code !== run.exitCode,
    hung: false,
    incomplete: exit?.complete === false,
    complaints,
  };
}

function nothingOf(cuts: number): Performed {
  return {
    cuts,
    verdicts: [],
    lost: 0,
    repeated: 0,
    invented: false,
    hung: true,
    incomplete: false,
    complaints: [],
  };
}

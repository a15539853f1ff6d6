import { startChromium } from "../../../e2e/support/cdp.ts";
import { startChild } from "./child.ts";
import type { Drained, Feed } from "./drain.ts";
import type { DrainedWithCpu } from "./drain-main.ts";
import { median } from "./statistics.ts";
import { watchThread } from "./thread-time.ts";

/** The share of the bare socket's pace: from 1 KiB up, and below. */
const GOALS = { from1KiB: 0.9, below: 0.6 };

const MIB = 1_048_576;
const FRAMES = [64, 1_024, 4_096, 32_768, 262_144] as const;

export interface ThroughputOptions {
  readonly mebibytes: number;
  readonly rounds: number;
  readonly frames: readonly number[];
  /** The page's files, by path. */
  readonly page: Readonly<Record<string, string>>;
}

type Measured = Drained & { readonly cpu: number };
type Side = (feed: Feed) => Promise<Measured>;

const HEAD =
  "| | frames of | MiB | MiB/s | bare: MiB/s | share | goal | CPU ms/MiB | bare: CPU ms/MiB |\n" +
  "|---|---:|---:|---:|---:|---:|---:|---:|---:|";

/** A browser takes a twentieth of a millisecond per message, and more for a large one. */
const FRAMES_IN_CHROMIUM = 16_384;

/** The client's pace as a share of a bare `ws` socket's, from one feeder, by turns. */
export async function throughputInNode(options: ThroughputOptions): Promise<boolean> {
  using feeder = startChild("feeder-main");
  const { url } = await feeder.ask<{ url: string }>({});
  console.log(HEAD);
  let met = true;
  for (const frameBytes of framesOf(options)) {
    using client = startChild("drain-main", ["client"]);
    using bare = startChild("drain-main", ["bare"]);
    const feed = { url, mebibytes: options.mebibytes, frameBytes };
    const sides: [Side, Side] = [
      (asked) => client.ask<DrainedWithCpu>(asked),
      (asked) => bare.ask<DrainedWithCpu>(asked),
    ];
    met = (await compare("Node", feed, options.rounds, sides)) && met;
  }
  return met;
}

/** The same in a page, beside the platform's WebSocket. Playwright would have Chromium report each message, with its content. */
export async function throughputInChromium(options: ThroughputOptions): Promise<boolean> {
  using feeder = startChild("feeder-main", [JSON.stringify(options.page)]);
  const { url } = await feeder.ask<{ url: string }>({});
  console.log(HEAD);
  await using chromium = await startChromium();
  await using profile = await chromium.profile();
  let met = true;
  for (const frameBytes of framesOf(options)) {
    const page = await profile.open(url);
    while (!(await page.run(() => window.drain !== undefined)));
    const busy = await watchThread(page);
    const sideOf =
      (side: "client" | "bare"): Side =>
      async (feed) => {
        const before = await busy();
        const drained = await page.run(
          (side: "client" | "bare", feed: Feed) => window.drain[side](feed),
          side,
          feed,
        );
        return { ...drained, cpu: (await busy()) - before };
      };
    const mebibytes = Math.min(64, options.mebibytes, (frameBytes * FRAMES_IN_CHROMIUM) / MIB);
    const sides: [Side, Side] = [sideOf("client"), sideOf("bare")];
    met = (await compare("Chromium", { url, mebibytes, frameBytes }, options.rounds, sides)) && met;
    await page.close();
  }
  return met;
}

function framesOf({ frames }: ThroughputOptions): readonly number[] {
  return frames.length > 0 ? frames : FRAMES;
}

async function compare(
  where: string,
  feed: Feed,
  rounds: number,
  [client, bare]: [Side, Side],
): Promise<boolean> {
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  // What is compiled once is not to be counted.
  const warm = { ...feed, mebibytes: Math.ceil(feed.mebibytes / 8) };
  await client(warm);
  await bare(warm);
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await client(feed));
    theirs.push(await bare(feed));
  }
  const wanted = feed.mebibytes * MIB;
  if ([...ours, ...theirs].some(({ bytes }) => bytes !== wanted)) throw new Error("not all bytes came");
  const share = median(ours.map(({ time }, round) => (theirs[round]?.time ?? Number.NaN) / time));
  const goal = feed.frameBytes < 1_024 ? GOALS.below : GOALS.from1KiB;
  const pace = (side: Measured[]) => {
    const perSecond = (feed.mebibytes * 1_000) / median(side.map(({ time }) => time));
    return perSecond.toFixed(perSecond < 10 ? 2 : 0);
  };
  const cpu = (side: Measured[]) => median(side.map((one) => one.cpu)) / feed.mebibytes;
  const cells = [
    ...[where, sizeName(feed.frameBytes), feed.mebibytes, pace(ours), pace(theirs)],
    ...[share.toFixed(2), `≥ ${goal}`, cpu(ours).toFixed(2), cpu(theirs).toFixed(2)],
  ];
  console.log(`| ${cells.join(" | ")} |`);
  return share >= goal;
}

function sizeName(bytes: number): string {
  return bytes < 1_024 ? `${bytes} B` : `${bytes / 1_024} KiB`;
}

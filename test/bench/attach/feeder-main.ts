import { answerWith } from "./child.ts";
import { startFeeder } from "./feeder.ts";

/** The feeder in a process of its own. `{ cut: ms }` cuts all connections; every answer has its URL and what it logged. */
const feeder = await startFeeder(JSON.parse(process.argv[2] ?? "{}"));
answerWith(({ cut }: { readonly cut?: number }) => {
  if (cut !== undefined) feeder.cut(cut);
  return { url: feeder.url, log: feeder.log, cpu: process.cpuUsage() };
});

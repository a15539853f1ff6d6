import { once } from "node:events";
import { type PageRequest, parseArguments, type Request, USAGE } from "./arguments.ts";
import { runHeadless } from "./headless.ts";
import { type Demo, startDemo } from "./server.ts";

/** Runs the demo until it is done or interrupted. Resolves with the exit code: 2 for wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  let request: Request;
  try {
    request = parseArguments(args);
  } catch (error) {
    process.stderr.write(`demo: ${messageOf(error)}\n`);
    return 2;
  }
  if (request.mode === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  const interrupt = new AbortController();
  // Once: a second Ctrl-C ends what does not end by itself.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, () => interrupt.abort(new Error(`interrupted by ${signal}`)));
  if (request.mode === "headless") {
    const { stdout, stderr } = process;
    // Whoever reads us has had enough, as in `… | head`.
    for (const stream of [stdout, stderr]) stream.on("error", (error) => interrupt.abort(error));
    return runHeadless(request, { stdout, stderr, interrupt: interrupt.signal });
  }
  return runPage(request, interrupt.signal);
}

async function runPage(request: PageRequest, interrupt: AbortSignal): Promise<number> {
  let demo: Demo;
  try {
    demo = await startDemo(request);
  } catch (error) {
    process.stderr.write(`demo: ${messageOf(error)}. Choose another port with --port.\n`);
    return 1;
  }
  process.stdout.write(`boxlite-web demo (${request.dialect}): ${demo.url}

Commands that you run there run as you, on this machine, without isolation.
Ctrl-C stops the demo and everything that it has started.
`);
  if (!interrupt.aborted) await once(interrupt, "abort");
  await demo[Symbol.asyncDispose]();
  return 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

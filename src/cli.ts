#!/usr/bin/env node
import { runCommandLine } from "./local/command-line.ts";

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // Once: a second Ctrl-C ends what does not end by itself.
  process.once(signal, () => interrupt.abort());
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  interrupt: interrupt.signal,
});

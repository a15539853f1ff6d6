#!/usr/bin/env node
// A command in a box of its own, as if it ran here: node node-cli.js IMAGE COMMAND [ARGUMENT…]
import { Readable, Writable } from "node:stream";
import { BoxLite, describeCause } from "boxlite-web";

const [image, command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error("usage: node node-cli.js IMAGE COMMAND [ARGUMENT…]");
  process.exit(2);
}

// BOXLITE_REST_URL and BOXLITE_API_KEY say where, and who.
const box = await BoxLite.fromEnv().boxes.create({ image });
try {
  const execution = await box.exec(command, args, { stdin: Readable.toWeb(process.stdin) });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => execution.signal(signal).catch((error) => console.error(error.message)));
  }
  const [, , , exit] = await Promise.all([
    execution.stdout.pipeTo(Writable.toWeb(process.stdout), { preventClose: true }),
    execution.stderr.pipeTo(Writable.toWeb(process.stderr), { preventClose: true }),
    report(execution.events),
    execution.exit,
  ]);
  if (!exit.complete) console.error("Output may be missing.");
  // As a shell has it: 128 and the number of the signal. 255: nobody knows.
  process.exitCode = exit.signal === null ? (exit.exitCode ?? 255) : 128 + exit.signal;
} finally {
  await box.remove({ force: true });
}

async function report(events) {
  for await (const event of events) {
    if (event.type === "disconnected") console.error(`${describeCause(event.cause)}; attaching again`);
  }
}

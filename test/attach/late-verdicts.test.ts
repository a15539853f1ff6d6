import { expect, test } from "vitest";
import { attach } from "../../src/attach/attachment.ts";
import type { StatusReport } from "../../src/attach/status.ts";
import { collectAll } from "../support/collect.ts";
import { createMemoryTransport } from "../support/memory-transport.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

/** Verdicts that come with the end, or after the exit frame, and what they do to the result. */

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("I2: a result without an exit frame settles what was provisional", async () => {
  const transport = createMemoryTransport();
  const reports: StatusReport[] = [
    { kind: "running" },
    { kind: "terminal", status: "completed", exitCode: 4, message: null },
  ];
  const attachment = attach({
    transport,
    clock: createVirtualClock(),
    subject: "execution e1 of box b1",
    probe: () => Promise.resolve(reports.shift() ?? { kind: "gone", message: "404" }),
  });
  const events = collectAll(attachment.events);
  transport.last().open();
  transport.last().stdout("x");
  transport.last().close(1006);
  await settled();
  transport.last().open();
  transport.last().stdout("x");
  transport.last().close(1006);
  await settled();
  transport.last().close({ kind: "refused", status: 404, message: "" });
  expect(await attachment.exit).toMatchObject({ exitCode: 4, source: "status", complete: false });
  const verdicts = (await events).flatMap((event) => (event.type === "verdict" ? [event.verdict.kind] : []));
  expect(verdicts).toEqual(["provisional", "ambiguous"]);
});

test("I4: a loss that a verification finds stands, even if the verification itself comes to nothing", async () => {
  const transport = createMemoryTransport();
  const attachment = attach({
    transport,
    clock: createVirtualClock(),
    subject: "execution e1 of box b1",
    probe: () => Promise.resolve({ kind: "running" }),
    verify: true,
  });
  const lines = Array.from({ length: 900 }, (_, line) => `line ${line}\n`);
  transport.last().open();
  transport.last().stdout([...lines.slice(0, 50), ...lines.slice(80)].join(""));
  transport.last().text({ type: "exit", exit_code: 0 });
  transport.last().open();
  transport.last().stdout(lines.join(""));
  transport.last().close(1006);
  transport.last().close({ kind: "refused", status: 404, message: "" });
  expect(await attachment.exit).toMatchObject({ exitCode: 0, source: "exit-frame", complete: false });
});

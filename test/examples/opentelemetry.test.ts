import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Span, traceExecution } from "../../demo/examples/opentelemetry.ts";
import type { ExecutionEvent } from "../../src/index.ts";

const root = join(import.meta.dirname, "../..");

function streamOf(events: readonly ExecutionEvent[]): ReadableStream<ExecutionEvent> {
  return new ReadableStream({
    start(controller) {
      for (const event of events) controller.enqueue(event);
      controller.close();
    },
  });
}

async function trace(events: ExecutionEvent[]): Promise<unknown[]> {
  const calls: unknown[] = [];
  const span: Span = {
    addEvent: (...call) => calls.push(call),
    setStatus: (status) => calls.push(status),
    end: () => calls.push("end"),
  };
  await traceExecution({ events: streamOf(events) }, span);
  return calls;
}

test("events become span events with flat attributes, and the span ends", async () => {
  const cause = { kind: "closed", code: 1006, message: "" } as const;
  const verdict = { kind: "gap", missing: 7 } as const;
  const calls = await trace([
    { type: "connected", attach: 1, purpose: "follow" },
    { type: "disconnected", cause, deadline: null },
    { type: "status", status: "running", message: null },
    { type: "verdict", stream: "stdout", position: 5, verdict },
  ]);
  expect(calls).toEqual([
    ["boxlite.connected", { attach: 1, purpose: "follow" }],
    ["boxlite.disconnected", { "cause.kind": "closed", "cause.code": 1006, "cause.message": "" }],
    ["boxlite.status", { status: "running" }],
    ["boxlite.verdict", { stream: "stdout", position: 5, "verdict.kind": "gap", "verdict.missing": 7 }],
    "end",
  ]);
});

test("a failure is the span's", async () => {
  expect(await trace([{ type: "failed", message: "lost" }])).toEqual([
    ["boxlite.failed", { message: "lost" }],
    { code: 2, message: "lost" },
    "end",
  ]);
});

test("the documentation quotes the example as it is", () => {
  const example = readFileSync(join(root, "demo/examples/opentelemetry.ts"), "utf8");
  expect(readFileSync(join(root, "docs/exactly-once.md"), "utf8")).toContain(example);
});

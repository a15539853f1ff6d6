import { describe, expect, test } from "vitest";
import { type AttachmentOptions, attach } from "../../src/attach/attachment.ts";
import type { ExecutionEvent } from "../../src/attach/events.ts";
import { LIVENESS_PROBE } from "../../src/attach/frames.ts";
import type { StatusReport } from "../../src/attach/status.ts";
import { PINGS_VOUCH_FOR } from "../../src/attach/timers.ts";
import { collectText } from "../support/collect.ts";
import { createMemoryTransport } from "../support/memory-transport.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

/** Sleep, throttled timers and pings, over a whole attachment whose server, clock and platform the test plays. */

const MINUTE = 60_000;
const RUNNING: StatusReport = { kind: "running" };
const GONE: StatusReport = { kind: "gone", message: "404 not_found" };
const FAILED = { kind: "failed", message: "" } as const;

function follow({ pings = false, ...options }: Partial<AttachmentOptions> & { pings?: boolean } = {}) {
  const transport = createMemoryTransport({ pings });
  const clock = createVirtualClock();
  let answer: StatusReport = RUNNING;
  let probes = 0;
  const attachment = attach({
    transport,
    clock,
    subject: "execution e1 of box b1",
    probe: () => {
      probes += 1;
      return Promise.resolve(answer);
    },
    ...options,
  });
  const events: ExecutionEvent[] = [];
  void readInto(events, attachment.events);
  return {
    ...{ transport, clock, attachment, events },
    probes: () => probes,
    statusIs(report: StatusReport) {
      answer = report;
    },
    /** The reconnecting events so far. */
    attempts: () => events.filter((event) => event.type === "reconnecting"),
  };
}

async function readInto(events: ExecutionEvent[], stream: ReadableStream<ExecutionEvent>): Promise<void> {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) events.push(next.value);
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Every attach fails, for as long as it takes; the status says what it says. */
async function failOn(run: ReturnType<typeof follow>, until: () => boolean): Promise<void> {
  for (let round = 0; !until() && !run.attachment.ended; round += 1) {
    const before = run.transport.connections.length;
    run.transport.last().close(FAILED);
    await settled();
    if (run.transport.connections.length === before) run.clock.next();
    await settled();
    expect(round, "it goes on for ever").toBeLessThan(1_000);
  }
}

describe("a machine that slept", () => {
  test.each(["frozen", "overdue"] as const)(
    "for 4 minutes, timers %s: the connection is asked at once, replaced within a second, and nothing is lost",
    async (timers) => {
      const { transport, clock, attachment } = follow();
      transport.last().open();
      transport.last().stdout("before ");
      clock.advance(5_000);
      clock.sleep(4 * MINUTE, timers);
      const woken = clock.now();
      clock.wake(4 * MINUTE);
      expect(transport.last().received).toEqual([LIVENESS_PROBE]);
      await settled();
      clock.advance(999);
      expect(transport.connections.map(({ discarded }) => discarded)).toEqual([true, false]);
      expect(clock.now() - woken).toBeLessThan(1_000);
      transport.last().open();
      transport.last().stdout("before while asleep");
      transport.last().text({ type: "exit", exit_code: 0 });
      expect(await collectText(attachment.stdout)).toBe("before while asleep");
      expect(await attachment.exit).toMatchObject({ exitCode: 0, complete: true });
      expect([clock.pending, clock.listening]).toEqual([0, 0]);
    },
  );

  test("and whose connection answers keeps it", async () => {
    const { transport, clock, attachment, events } = follow();
    transport.last().open();
    clock.sleep(4 * MINUTE, "frozen");
    clock.wake(4 * MINUTE);
    transport.last().text({ type: "error", message: "unknown control type: boxlite-web.liveness" });
    await settled();
    expect(events.slice(1)).toEqual([
      { type: "woke", slept: 4 * MINUTE },
      { type: "checking" },
      { type: "status", status: "running", message: null },
      { type: "checked", alive: true },
    ]);
    expect(transport.connections).toHaveLength(1);
    attachment.detach();
  });

  test("for 10 minutes: it is told that the process was reaped, whatever the budget", async () => {
    for (const timers of ["frozen", "overdue"] as const) {
      for (const connected of [true, false]) {
        const { transport, clock, attachment, statusIs } = follow();
        transport.last().open();
        clock.advance(6_000);
        if (!connected) {
          transport.last().close(1006);
          await settled();
          transport.last().close(FAILED);
          await settled();
        }
        statusIs(GONE);
        clock.sleep(10 * MINUTE, timers);
        clock.wake(10 * MINUTE);
        await settled();
        clock.advance(400);
        await settled();
        if (!attachment.ended) transport.last().close({ kind: "refused", status: 404, message: "" });
        await expect(attachment.exit).rejects.toMatchObject({ code: "execution_gone", status: 404 });
      }
    }
  });

  test("while the status was asked for asks anew, and does not wait for the answer of before", async () => {
    const asked: ((report: StatusReport) => void)[] = [];
    const { transport, clock, attachment, attempts } = follow({
      probe: () => new Promise((resolve) => asked.push(resolve)),
    });
    transport.last().open();
    transport.last().close(1006);
    clock.sleep(10 * MINUTE, "frozen");
    clock.wake(10 * MINUTE);
    expect(asked).toHaveLength(2);
    asked[0]?.(GONE);
    asked[1]?.(RUNNING);
    await settled();
    expect(attachment.ended).toBe(false);
    expect(attempts()).toMatchObject([{ attempt: 1, delay: 0 }]);
    expect(transport.connections).toHaveLength(2);
    attachment.detach();
  });

  test("while a connection was being opened opens another; one that is newer than the sleep is left alone", async () => {
    const { transport, clock, attachment } = follow();
    clock.sleep(4 * MINUTE, "frozen");
    clock.wake(4 * MINUTE);
    expect(transport.connections.map(({ discarded }) => discarded)).toEqual([true, false]);
    clock.wake(4 * MINUTE);
    transport.last().open();
    clock.wake(4 * MINUTE);
    expect(transport.connections).toHaveLength(2);
    expect(transport.last().received).toEqual([]);
    attachment.detach();
  });

  test("right after its connection opened has it asked: a sleep is counted from the last beat, half a second before", async () => {
    const { transport, clock, attachment } = follow();
    transport.last().open();
    clock.sleep(4 * MINUTE, "frozen");
    clock.wake(4 * MINUTE + 499);
    expect(transport.last().received).toEqual([LIVENESS_PROBE]);
    attachment.detach();
  });

  test("does not spend the budget: there is time for the network to come back", async () => {
    const run = follow({ reconnectBudget: 40_000 });
    const { transport, clock, attachment, statusIs, attempts } = run;
    transport.last().open();
    clock.advance(6_000);
    transport.last().close(1006);
    statusIs({ kind: "unavailable", message: "offline" });
    await settled();
    await failOn(run, () => (attempts().at(-1)?.budget ?? Number.POSITIVE_INFINITY) < 5_000);
    expect(attachment.ended).toBe(false);
    clock.sleep(10 * MINUTE, "frozen");
    const woken = clock.now();
    clock.wake(10 * MINUTE);
    const before = attempts().length;
    await failOn(run, () => false);
    await expect(attachment.exit).rejects.toMatchObject({ code: "connection_lost", obstacle: "unreachable" });
    // At first in quick succession.
    expect(
      attempts()
        .slice(before, before + 3)
        .map(({ delay }) => delay),
    ).toEqual([0, 75, 150]);
    expect(clock.now() - woken).toBe(30_000);
  });

  test("and whose connection cannot be asked has it replaced, without checks or in-band probes", async () => {
    for (const liveness of [false, { inBandProbe: false }] as const) {
      const { transport, clock, attachment, events, probes } = follow({ liveness });
      transport.last().open();
      clock.sleep(4 * MINUTE, "frozen");
      clock.wake(4 * MINUTE);
      await settled();
      expect(transport.connections.map(({ discarded }) => discarded)).toEqual([true, false]);
      expect(probes()).toBe(0);
      expect(events).toContainEqual({
        ...{ type: "disconnected", cause: { kind: "slept", after: 4 * MINUTE } },
        deadline: 5 * MINUTE,
      });
      attachment.detach();
    }
  });

  test("for a moment only has it asked, with more patience; with checks turned off it is left alone", async () => {
    const { transport, clock, attachment } = follow();
    transport.last().open();
    clock.sleep(20_000, "frozen");
    clock.wake(20_000);
    clock.advance(2_999);
    expect(transport.connections).toHaveLength(1);
    clock.advance(1);
    await settled();
    expect(transport.connections).toHaveLength(2);
    attachment.detach();
    const quiet = follow({ liveness: false });
    quiet.transport.last().open();
    quiet.clock.sleep(20_000, "frozen");
    quiet.clock.wake(20_000);
    expect(quiet.transport.last().received).toEqual([]);
    quiet.attachment.detach();
  });
});

test("a network that comes back, or a page that is looked at, ends backing off", async () => {
  const { transport, clock, attachment } = follow();
  transport.last().open();
  transport.last().close(1006);
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await settled();
    transport.last().close(FAILED);
    await settled();
    if (attempt < 5) clock.next();
  }
  const before = transport.connections.length;
  clock.wake(0);
  expect(transport.connections).toHaveLength(before + 1);
  expect(clock.pending).toBe(1);
  attachment.detach();
});

describe("timers that are late", () => {
  test("burn no budget: an outage in a throttled tab lasts as many attempts as in one that is not, at least", async () => {
    const run = follow({ reconnectBudget: 60_000 });
    const { transport, clock, attachment, attempts } = run;
    transport.last().open();
    transport.last().close(1006);
    await settled();
    while (!attachment.ended) {
      transport.last().close(FAILED);
      await settled();
      // Once a minute, whatever was asked for.
      clock.sleep(MINUTE, "overdue");
      clock.advance(0);
    }
    await expect(attachment.exit).rejects.toMatchObject({ code: "connection_lost" });
    expect(attempts().length).toBeGreaterThanOrEqual(3);
    expect(clock.now()).toBeGreaterThanOrEqual(2 * MINUTE);
  });

  test("and beyond the budget are followed by one attempt at least", async () => {
    const { transport, clock, attachment } = follow({ reconnectBudget: 20_000 });
    transport.last().open();
    transport.last().close(1006);
    await settled();
    transport.last().close(FAILED);
    await settled();
    const before = transport.connections.length;
    clock.sleep(20 * MINUTE, "overdue");
    clock.advance(0);
    expect(transport.connections).toHaveLength(before + 1);
    transport.last().open();
    transport.last().text({ type: "exit", exit_code: 3 });
    expect(await attachment.exit).toMatchObject({ exitCode: 3 });
  });

  test("do not find a connection dead whose answer waits behind them", async () => {
    const { transport, clock, attachment } = follow();
    transport.last().open();
    clock.advance(20_000);
    await settled();
    clock.sleep(4 * MINUTE, "overdue");
    // The timer first, as it may be when a page is resumed.
    clock.advance(0);
    transport.last().text({ type: "error", message: "unknown control type: boxlite-web.liveness" });
    clock.advance(1_000);
    expect(transport.connections).toHaveLength(1);
    // Nor for ever alive.
    clock.advance(20_000);
    await settled();
    clock.sleep(4 * MINUTE, "overdue");
    clock.advance(0);
    expect(transport.connections).toHaveLength(1);
    // Late again, as in a tab that is throttled all the time.
    clock.sleep(MINUTE, "overdue");
    clock.advance(0);
    await settled();
    expect(transport.connections).toHaveLength(2);
    attachment.detach();
  });

  test("do not give a handshake up whose answer waits behind them", async () => {
    const { transport, clock, attachment } = follow();
    clock.sleep(MINUTE, "overdue");
    clock.advance(0);
    transport.last().open();
    clock.advance(1_000);
    expect(transport.connections).toHaveLength(1);
    attachment.detach();
  });
});

describe("pings", () => {
  test("of the server are signs of life: no check while they come", () => {
    const { transport, clock, attachment, probes } = follow({ pings: true });
    transport.last().open();
    for (let ping = 0; ping < 40; ping += 1) {
      clock.advance(15_000);
      transport.last().ping();
    }
    expect(transport.last().received).toEqual([]);
    expect(probes()).toBe(0);
    attachment.detach();
  });

  test("do not hide for ever that the exit frame was lost", async () => {
    const { transport, clock, attachment, statusIs } = follow({ pings: true });
    statusIs({ kind: "terminal", status: "completed", exitCode: 5, message: null });
    transport.last().open();
    const opened = clock.now();
    while (transport.last().received.length === 0) {
      clock.advance(15_000);
      transport.last().ping();
      expect(clock.now() - opened, "nobody asks").toBeLessThanOrEqual(PINGS_VOUCH_FOR + 30_000);
    }
    expect(clock.now() - opened).toBeGreaterThanOrEqual(PINGS_VOUCH_FOR);
    await settled();
    clock.advance(5_000);
    transport.last().open();
    transport.last().text({ type: "exit", exit_code: 5 });
    expect(await attachment.exit).toMatchObject({ exitCode: 5, source: "exit-frame" });
  });

  test("are what a check asks with, and a pong is its answer; without either the connection is dead", async () => {
    const { transport, clock, attachment, events } = follow({
      pings: true,
      liveness: { statusProbe: false },
    });
    transport.last().open();
    clock.advance(20_000);
    expect(transport.last().received).toEqual(["(ping)"]);
    transport.last().ping();
    await settled();
    expect(events.at(-1)).toEqual({ type: "checked", alive: true });
    // However often they are missed: pings are asked with again.
    for (let dead = 0; dead < 3; dead += 1) {
      clock.advance(20_000);
      expect(transport.connections[dead]?.received.at(-1)).toBe("(ping)");
      clock.advance(10_000);
      await settled();
      expect(transport.connections).toHaveLength(dead + 2);
      transport.last().open();
    }
    attachment.detach();
  });
});

describe("the deadline", () => {
  const deadlines = (events: readonly ExecutionEvent[]) =>
    events.flatMap((event) => ("deadline" in event ? [event.deadline] : []));

  test("is 5 minutes after the last sign of life, and stays while attempts fail", async () => {
    const { transport, clock, attachment, events } = follow();
    transport.last().open();
    clock.advance(1_000);
    transport.last().stdout("x");
    clock.advance(7_000);
    transport.last().close(1006);
    await settled();
    transport.last().close({ kind: "refused", status: 409, message: "" });
    await settled();
    expect(deadlines(events)).toEqual([301_000, 301_000, 301_000, 301_000]);
    attachment.detach();
  });

  test("counts from a close frame, which was sent just then", async () => {
    const { transport, clock, attachment, events } = follow();
    transport.last().open();
    clock.advance(7_000);
    transport.last().close(1012);
    await settled();
    expect(deadlines(events)).toEqual([307_000, 307_000]);
    attachment.detach();
  });

  test("is not known before the first connection, and there is none for a process that has ended", async () => {
    const { transport, clock, attachment, events, statusIs } = follow();
    transport.last().close(FAILED);
    await settled();
    expect(deadlines(events)).toEqual([null, null]);
    transport.last().open();
    clock.advance(1_000);
    statusIs({ kind: "terminal", status: "completed", exitCode: 0, message: null });
    transport.last().close(1006);
    await settled();
    transport.last().close(FAILED);
    await settled();
    expect(deadlines(events).slice(2)).toEqual([300_000, null, null]);
    attachment.detach();
  });
});

describe("what stands in the way, where a browser tells nothing of a refusal", () => {
  test.each([
    [
      "the server answers otherwise: most likely the slot is taken",
      RUNNING,
      "",
      ["blocked", "slot-taken", "slot-taken"],
    ],
    [
      "nothing answers",
      { kind: "unavailable", message: "offline" },
      "",
      ["unreachable", "unreachable", "unreachable"],
    ],
    ["a platform that tells more", RUNNING, "ECONNREFUSED", ["blocked", "blocked", "blocked"]],
  ] as const)("%s", async (_, status, message, obstacles) => {
    const { transport, clock, attachment, attempts, statusIs } = follow();
    statusIs(status);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      transport.last().close({ kind: "failed", message });
      await settled();
      if (attempt > 0) clock.next();
    }
    expect(attempts().map(({ obstacle }) => obstacle)).toEqual(obstacles);
    attachment.detach();
  });

  test("an attach that opens in between begins anew", async () => {
    const { transport, attachment, attempts } = follow();
    transport.last().close(FAILED);
    await settled();
    transport.last().open();
    transport.last().close(1006);
    await settled();
    expect(attempts().map(({ obstacle }) => obstacle)).toEqual(["blocked", "cut"]);
    attachment.detach();
  });

  test.each([
    ["denied", "unauthenticated", "could not be followed: as the status says"],
    ["gone", "execution_gone", "is not known to the server"],
  ] as const)("%s is the end, and says so", async (kind, code, message) => {
    const { transport, attachment, statusIs } = follow();
    statusIs({ kind, message: "as the status says" });
    transport.last().close(FAILED);
    await expect(attachment.exit).rejects.toMatchObject({ code });
    await expect(attachment.exit).rejects.toThrow(message);
  });

  test.each([
    [RUNNING, "slot-taken", "another one is"],
    [{ kind: "unavailable", message: "503" }, "unreachable", "could not be reached"],
  ] as const)("it is in the error in the end: %o is %s", async (status, obstacle, words) => {
    const run = follow({ reconnectBudget: 3_000 });
    run.statusIs(status);
    await failOn(run, () => false);
    await expect(run.attachment.exit).rejects.toMatchObject({ name: "ConnectionLostError", obstacle });
    await expect(run.attachment.exit).rejects.toThrow(words);
  });
});

import { describe, expect, test } from "vitest";
import { type AttachmentOptions, attach } from "../../src/attach/attachment.ts";
import { LIVENESS_PROBE } from "../../src/attach/frames.ts";
import type { StatusReport } from "../../src/attach/status.ts";
import type { Disconnect } from "../../src/attach/transport.ts";
import { collectAll, collectText } from "../support/collect.ts";
import { createMemoryTransport } from "../support/memory-transport.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

/** An attachment whose server, clock and status the test plays. */
function follow(options: Partial<AttachmentOptions> = {}) {
  const transport = createMemoryTransport();
  const clock = createVirtualClock();
  const answers: StatusReport[] = [];
  let probes = 0;
  const attachment = attach({
    transport,
    clock,
    subject: "execution e1 of box b1",
    probe: () => {
      probes += 1;
      return Promise.resolve(answers.shift() ?? { kind: "running" });
    },
    ...options,
  });
  return {
    transport,
    clock,
    attachment,
    probes: () => probes,
    /** What the next probes say. */
    statusIs: (...reports: StatusReport[]) => answers.push(...reports),
  };
}

/** Lets promises that are settled run their reactions: a turn of the event loop, no wait. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Lets a re-attach happen: at once, or when the backoff is over. */
async function nextAttach(
  { transport, clock, attachment }: ReturnType<typeof follow>,
  before: number,
): Promise<void> {
  await settled();
  if (!attachment.ended && transport.connections.length === before) clock.next();
}

const COMPLETED: StatusReport = { kind: "terminal", status: "completed", exitCode: 0, message: null };
const GONE: StatusReport = { kind: "gone", message: "404 not_found" };

test("a status that cannot be asked for is as good as none: the next attach goes on", async () => {
  const following = follow({ probe: () => Promise.reject(new Error("no network")) });
  const { transport, attachment } = following;
  transport.last().open();
  transport.last().stdout("one ");
  transport.last().close(1006);
  await nextAttach(following, 1);
  transport.last().open();
  transport.last().stdout("one two");
  transport.last().text({ type: "exit", exit_code: 0 });
  expect(await collectText(attachment.stdout)).toBe("one two");
});

test("a silence without end is never looked into", async () => {
  const { transport, clock, attachment } = follow({ liveness: { silence: Number.POSITIVE_INFINITY } });
  transport.last().open();
  transport.last().stdout("x");
  await settled();
  expect(clock.pending).toBe(0);
  attachment.detach();
});

test("output and the exit frame's code come out, and nothing is left running", async () => {
  const { transport, clock, attachment } = follow();
  transport.last().open();
  transport.last().stdout("hi");
  transport.last().stderr("oh");
  transport.last().text({ type: "exit", exit_code: 7 });
  expect(await collectText(attachment.stdout)).toBe("hi");
  expect(await collectText(attachment.stderr)).toBe("oh");
  expect(await attachment.exit).toEqual({
    outcome: "exited",
    exitCode: 7,
    signal: null,
    source: "exit-frame",
    complete: true,
    delivered: { stdout: { bytes: 2, proved: false }, stderr: { bytes: 2, proved: false } },
    message: null,
  });
  expect(transport.last().discarded).toBe(true);
  expect(clock.pending).toBe(0);
});

test("a cut in mid-stream: the replay is joined, each byte comes once", async () => {
  const { transport, attachment } = follow();
  transport.last().open();
  transport.last().stdout("one two ");
  transport.last().close(1006);
  await settled();
  transport.last().open();
  transport.last().stdout("one two three");
  transport.last().text({ type: "exit", exit_code: 0 });
  expect(await collectText(attachment.stdout)).toBe("one two three");
  expect(await attachment.exit).toMatchObject({ exitCode: 0, complete: true });
});

test("the seed case: cut before any output, status completed, backlog served on re-attach only", async () => {
  const { transport, attachment, statusIs } = follow();
  statusIs({ ...COMPLETED, exitCode: 3 });
  transport.last().open();
  transport.last().close(1006);
  await settled();
  expect(transport.connections).toHaveLength(2);
  transport.last().open();
  transport.last().stdout("hello\n");
  transport.last().text({ type: "exit", exit_code: 3 });
  expect(await collectText(attachment.stdout)).toBe("hello\n");
  expect(await attachment.exit).toMatchObject({ exitCode: 3, source: "exit-frame", complete: true });
});

/** "partial" was delivered and the process has ended with 42; each drain brings this and is closed, until that is enough. */
const drainWithoutExit = async (run: ReturnType<typeof follow>, replayed: string): Promise<void> => {
  const { transport, attachment, statusIs } = run;
  statusIs({ ...COMPLETED, exitCode: 42 });
  transport.last().open();
  transport.last().stdout("partial");
  transport.last().close(1011);
  await settled();
  while (!attachment.ended) {
    const before = transport.connections.length;
    transport.last().open();
    transport.last().stdout(replayed);
    transport.last().close(1011);
    await nextAttach(run, before);
  }
};

test("no drain gets to what may be new, nor to an exit frame: the probed code, marked as possibly incomplete", async () => {
  const run = follow();
  const { transport, attachment, clock } = run;
  const since = clock.now();
  await drainWithoutExit(run, "part");
  expect(await collectText(attachment.stdout)).toBe("partial");
  expect(await attachment.exit).toMatchObject({ exitCode: 42, source: "status", complete: false });
  // That goes on for 30 s, and the last pause.
  expect(clock.now() - since).toBeGreaterThanOrEqual(30_000);
  expect(clock.now() - since).toBeLessThan(34_000);
  expect(transport.connections.length).toBeLessThan(20);
});

test("no exit frame on any drain: the probed code after the third that is through, marked as possibly incomplete", async () => {
  const run = follow();
  const { transport, attachment } = run;
  await drainWithoutExit(run, "partial");
  expect(await attachment.exit).toMatchObject({ exitCode: 42, source: "status", complete: false });
  expect(transport.connections).toHaveLength(4);
});

test("no exit frame, and nothing else for 5 s, on three drains in a row: the probed code", async () => {
  const run = follow();
  const { transport, attachment, statusIs, clock } = run;
  statusIs({ ...COMPLETED, exitCode: 42 });
  transport.last().open();
  transport.last().stdout("partial");
  transport.last().close(1011);
  await settled();
  for (let drain = 1; drain <= 3; drain += 1) {
    const before = transport.connections.length;
    transport.last().open();
    transport.last().stdout("partial");
    // The time counts from the last frame, which is looked at when the first five seconds are over.
    clock.advance(10_000);
    if (drain < 3) await nextAttach(run, before);
  }
  expect(await attachment.exit).toMatchObject({ exitCode: 42, source: "status", complete: false });
  expect(transport.connections).toHaveLength(4);
});

test("404 on the status: a typed error at once, after what was delivered", async () => {
  const { transport, clock, attachment, statusIs } = follow();
  statusIs(GONE);
  transport.last().open();
  transport.last().stdout("kept");
  transport.last().close(1006);
  await expect(attachment.exit).rejects.toMatchObject({
    name: "NotFoundError",
    code: "execution_gone",
    status: 404,
  });
  const reader = attachment.stdout.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("kept");
  await expect(reader.read()).rejects.toMatchObject({ code: "execution_gone" });
  expect(clock.pending).toBe(0);
});

test("404 after an acknowledged kill is the end, without a code", async () => {
  const { transport, attachment, statusIs } = follow();
  statusIs(GONE);
  transport.last().open();
  attachment.killed();
  transport.last().close(1006);
  expect(await attachment.exit).toMatchObject({
    outcome: "killed",
    exitCode: null,
    source: "kill",
    complete: false,
  });
});

test("409 is 'not yet', for the drain too", async () => {
  const { transport, clock, attachment, statusIs } = follow();
  statusIs({ kind: "running" }, COMPLETED);
  transport.last().open();
  transport.last().stdout("a");
  transport.last().close(1006);
  await settled();
  const taken = { kind: "refused", status: 409, message: "already attached" } as const;
  transport.last().close(taken);
  await settled();
  for (let tries = 0; tries < 5; tries += 1) {
    transport.last().close(taken);
    if (clock.pending > 0) clock.next();
  }
  transport.last().open();
  transport.last().stdout("ab");
  transport.last().text({ type: "exit", exit_code: 0 });
  expect(await collectText(attachment.stdout)).toBe("ab");
  expect(await attachment.exit).toMatchObject({ source: "exit-frame" });
});

test("a failed first connect goes the same way as a cut", async () => {
  const { transport, attachment, statusIs } = follow();
  statusIs(COMPLETED);
  transport.last().close({ kind: "refused", status: 503, message: "" });
  await settled();
  transport.last().open();
  transport.last().stdout("all of it");
  transport.last().text({ type: "exit", exit_code: 0 });
  expect(await collectText(attachment.stdout)).toBe("all of it");
  expect(await attachment.exit).toMatchObject({ source: "exit-frame" });
});

test("an upgrade that is denied twice, while the status can be had, is an error and not waited for", async () => {
  const { transport, attachment } = follow();
  transport.last().close({ kind: "refused", status: 401, message: "" });
  await settled();
  transport.last().close({ kind: "refused", status: 401, message: "" });
  await expect(attachment.exit).rejects.toMatchObject({
    name: "AuthenticationError",
    code: "unauthenticated",
  });
  expect(transport.connections).toHaveLength(2);
});

test("a handshake that nobody answers is given up", async () => {
  const { transport, clock, attachment } = follow();
  clock.advance(10_000);
  await settled();
  expect(transport.connections[0]?.discarded).toBe(true);
  expect(transport.connections).toHaveLength(2);
  attachment.detach();
});

test("the budget ends an outage with a typed error, in bounded time", async () => {
  const run = follow({ reconnectBudget: 5_000 });
  const { transport, clock, attachment } = run;
  const from = clock.now();
  while (!attachment.ended) {
    const before = transport.connections.length;
    transport.last().close({ kind: "failed", message: "ECONNREFUSED" });
    await nextAttach(run, before);
  }
  await expect(attachment.exit).rejects.toMatchObject({ code: "connection_lost" });
  await expect(attachment.exit).rejects.toThrow("ECONNREFUSED");
  expect(clock.now() - from).toBe(5_000);
  expect(clock.pending).toBe(0);
});

test("a slot that stays taken is said to be so", async () => {
  const run = follow({ reconnectBudget: 5_000 });
  while (!run.attachment.ended) {
    const before = run.transport.connections.length;
    run.transport.last().close({ kind: "refused", status: 409, message: "already attached" });
    await nextAttach(run, before);
  }
  await expect(run.attachment.exit).rejects.toMatchObject({
    name: "ConflictError",
    code: "already_attached",
    status: 409,
  });
});

test("a slot that stays taken after a cut may be held by what was cut: the connection is lost", async () => {
  const run = follow({ reconnectBudget: 5_000 });
  run.transport.last().open();
  for (let close: Disconnect = { kind: "closed", code: 1006, message: "" }; !run.attachment.ended; ) {
    const before = run.transport.connections.length;
    run.transport.last().close(close);
    close = { kind: "refused", status: 409, message: "already attached" };
    await nextAttach(run, before);
  }
  await expect(run.attachment.exit).rejects.toMatchObject({ code: "connection_lost" });
  await expect(run.attachment.exit).rejects.toThrow("refused with 409");
});

describe.each([1000, 1001, 1005, 1006, 1008, 1009, 1011, 1012])("close code %i", (code) => {
  test("proves nothing: the status is asked, and the execution followed on", async () => {
    const { transport, attachment, probes } = follow();
    transport.last().open();
    transport.last().stdout("a");
    transport.last().close(code);
    await settled();
    expect(probes()).toBe(1);
    transport.last().open();
    transport.last().stdout("ab");
    transport.last().text({ type: "exit", exit_code: 1 });
    expect(await collectText(attachment.stdout)).toBe("ab");
    expect(await attachment.exit).toMatchObject({ exitCode: 1 });
  });
});

describe("liveness", () => {
  test("a quiet command is checked, not cut: the answer to the probe is hidden", async () => {
    const { transport, clock, attachment, probes } = follow();
    const events = collectAll(attachment.events);
    transport.last().open();
    for (let check = 0; check < 3; check += 1) {
      clock.advance(20_000);
      expect(transport.last().received.at(-1)).toBe(LIVENESS_PROBE);
      transport.last().text({ type: "error", message: "unknown control type: boxlite-web.liveness" });
      await settled();
    }
    expect(probes()).toBe(3);
    expect(transport.connections).toHaveLength(1);
    transport.last().text({ type: "exit", exit_code: 0 });
    expect((await attachment.exit).exitCode).toBe(0);
    const types = (await events).map((event) => event.type);
    expect(types).not.toContain("server-message");
    expect(types.filter((type) => type === "checked")).toHaveLength(3);
  });

  test("a half-open socket: nothing answers, the status runs, so it is attached again and what came is joined", async () => {
    const { transport, clock, attachment } = follow();
    transport.last().open();
    transport.last().stdout("before ");
    clock.advance(20_000);
    await settled();
    clock.advance(20_000);
    await settled();
    clock.advance(10_000);
    expect(transport.connections[0]?.discarded).toBe(true);
    transport.last().open();
    transport.last().stdout("before after");
    transport.last().text({ type: "exit", exit_code: 0 });
    expect(await collectText(attachment.stdout)).toBe("before after");
  });

  test("the exit frame was lost, the socket stays open: the status tells, and a drain brings the rest", async () => {
    const { transport, clock, attachment, statusIs } = follow();
    statusIs({ ...COMPLETED, exitCode: 5 });
    transport.last().open();
    clock.advance(20_000);
    await settled();
    clock.advance(5_000);
    expect(transport.connections).toHaveLength(2);
    transport.last().open();
    transport.last().stdout("the rest");
    transport.last().text({ type: "exit", exit_code: 5 });
    expect(await collectText(attachment.stdout)).toBe("the rest");
    expect(await attachment.exit).toMatchObject({ exitCode: 5, source: "exit-frame" });
  });

  test("frames put a check off", async () => {
    const { transport, clock, attachment, probes } = follow();
    transport.last().open();
    for (let second = 0; second < 120; second += 1) {
      clock.advance(1_000);
      transport.last().stdout(".");
    }
    expect(probes()).toBe(0);
    attachment.detach();
  });

  test("it can be turned off", async () => {
    const { transport, clock, attachment, probes } = follow({ liveness: false });
    transport.last().open();
    clock.advance(3_600_000);
    expect(probes()).toBe(0);
    expect(clock.pending).toBe(0);
    attachment.detach();
  });
});

describe("frames that are not output", () => {
  test("error frames are reported, not fatal; unknown ones are ignored and reported; empty ones are nothing", async () => {
    const { transport, attachment } = follow();
    const events = collectAll(attachment.events);
    transport.last().open();
    transport.last().text({ type: "error", message: "signal 9 is not allowed" });
    transport.last().text({ type: "novelty" });
    transport.last().text("not JSON");
    transport.last().text("[1]");
    transport.last().text("");
    transport.last().binary(new Uint8Array());
    transport.last().binary(new Uint8Array([1]));
    transport.last().binary(new Uint8Array([9, 65]));
    transport.last().stdout("still here");
    transport.last().text({ type: "exit", exit_code: 0 });
    expect(await collectText(attachment.stdout)).toBe("still here");
    expect((await events).slice(1, -1)).toEqual([
      { type: "server-message", message: "signal 9 is not allowed", code: null },
      { type: "unknown-frame", detail: 'a text frame of type "novelty"' },
      { type: "unknown-frame", detail: "a text frame that is no JSON object: not JSON" },
      { type: "unknown-frame", detail: "a text frame that is no JSON object: [1]" },
      { type: "unknown-frame", detail: "a binary frame of channel 9" },
    ]);
  });

  test.each([{}, { exit_code: null }, { exit_code: "0" }, { exit_code: 1.5 }])(
    "an exit frame without a code (%o) ends it without one",
    async (fields) => {
      const { transport, attachment } = follow();
      transport.last().open();
      transport.last().text({ type: "exit", ...fields });
      expect(await attachment.exit).toMatchObject({
        outcome: "unknown",
        exitCode: null,
        source: "exit-frame",
      });
    },
  );

  test("what comes after the exit frame is not heard", async () => {
    const { transport, attachment } = follow();
    transport.last().open();
    transport.last().text({ type: "exit", exit_code: 0 });
    transport.last().stdout("too late");
    transport.last().text({ type: "exit", exit_code: 1 });
    transport.last().close(1000);
    expect(await collectText(attachment.stdout)).toBe("");
    expect((await attachment.exit).exitCode).toBe(0);
  });
});

describe("stdin", () => {
  test("goes out in frames of at most 32 KiB, then stdin_eof, which is sent again after a re-attach", async () => {
    const { transport, attachment } = follow();
    const writer = attachment.stdin.getWriter();
    const written = writer.write(new Uint8Array(100_000).fill(7)).then(() => writer.close());
    await settled();
    expect(transport.last().received).toEqual([]);
    transport.last().open();
    await written;
    const [eof, ...frames] = [...transport.last().received].reverse();
    expect(frames.reverse().map((frame) => frame.length)).toEqual([32_768, 32_768, 32_768, 1_696]);
    expect(eof).toBe('{"type":"stdin_eof"}');
    transport.last().close(1006);
    await settled();
    transport.last().open();
    expect(transport.last().received).toEqual(['{"type":"stdin_eof"}']);
    attachment.detach();
  });

  test("a write after the end is refused", async () => {
    const { transport, attachment } = follow();
    const writer = attachment.stdin.getWriter();
    writer.closed.catch(() => {});
    const pending = writer.write(new Uint8Array(1));
    await settled();
    transport.last().open();
    await pending;
    transport.last().text({ type: "exit", exit_code: 0 });
    await expect(writer.write(new Uint8Array(1))).rejects.toMatchObject({ code: "ended" });
  });

  test("a write that waits when the execution fails is refused", async () => {
    const { attachment } = follow();
    const writer = attachment.stdin.getWriter();
    writer.closed.catch(() => {});
    const pending = writer.write(new Uint8Array(1));
    await settled();
    attachment.abort(new Error("enough"));
    await expect(pending).rejects.toThrow("enough");
  });

  test("text is refused with a hint", async () => {
    const { transport, attachment } = follow();
    transport.last().open();
    const writer = (attachment.stdin as WritableStream<unknown>).getWriter();
    writer.closed.catch(() => {});
    await expect(writer.write("text")).rejects.toThrow("TextEncoder");
    attachment.detach();
  });
});

test("the terminal's size is sent after each attach, the newest one", async () => {
  const { transport, attachment } = follow({ size: { cols: 80, rows: 24 } });
  transport.last().open();
  expect(transport.last().received).toEqual(['{"type":"resize","cols":80,"rows":24}']);
  attachment.resize({ cols: 120, rows: 40 });
  transport.last().close(1006);
  attachment.resize({ cols: 100, rows: 30 });
  await settled();
  transport.last().open();
  expect(transport.last().received).toEqual(['{"type":"resize","cols":100,"rows":30}']);
  attachment.detach();
});

test("abort ends it with the reason, wherever it stands, and leaves nothing", async () => {
  for (const stop of ["connecting", "attached", "probing", "waiting"] as const) {
    const { transport, clock, attachment } = follow();
    if (stop !== "connecting") transport.last().open();
    if (stop === "attached") transport.last().stdout("delivered");
    if (stop === "probing" || stop === "waiting") transport.last().close(1006);
    if (stop === "waiting") {
      await settled();
      transport.last().close(1006);
      await settled();
    }
    const reason = new DOMException("stopped", "AbortError");
    attachment.abort(reason);
    await expect(attachment.exit).rejects.toBe(reason);
    await expect(collectText(attachment.stderr)).rejects.toBe(reason);
    expect(clock.pending, stop).toBe(0);
    if (stop === "connecting" || stop === "attached") expect(transport.last().discarded).toBe(true);
  }
});

test("a late answer to a probe of before changes nothing", async () => {
  const answers: ((report: StatusReport) => void)[] = [];
  const { transport, attachment } = follow({
    probe: () => new Promise((resolve) => answers.push(resolve)),
  });
  transport.last().open();
  transport.last().close(1006);
  attachment.detach();
  answers[0]?.(GONE);
  await settled();
  await expect(attachment.exit).rejects.toMatchObject({ code: "detached" });
});

test("one stream that nobody reads holds up neither the other nor the exit, and fails alone", async () => {
  const { transport, attachment } = follow({ maxBufferedBytes: 1_000 });
  const stdout = collectText(attachment.stdout);
  transport.last().open();
  for (let line = 0; line < 100; line += 1) {
    transport.last().stderr("e".repeat(100));
    transport.last().stdout("o");
    await settled();
  }
  transport.last().text({ type: "exit", exit_code: 0 });
  expect(await stdout).toBe("o".repeat(100));
  expect(await attachment.exit).toMatchObject({
    exitCode: 0,
    delivered: { stdout: { bytes: 100 }, stderr: { bytes: 10_000 } },
  });
  const reader = attachment.stderr.getReader();
  expect((await reader.read()).value?.length).toBe(1_000);
  await expect(reader.read()).rejects.toMatchObject({ code: "buffer_overflow" });
});

test("bytes whose place was not known yet are delivered when there is no other connection", async () => {
  const { transport, clock, attachment, statusIs } = follow();
  transport.last().open();
  const written = Array.from({ length: 60_000 }, (_, line) => `${line}\n`).join("");
  transport.last().stdout(written);
  statusIs(COMPLETED);
  transport.last().close(1006);
  await settled();
  transport.last().open();
  transport.last().stdout("held");
  transport.last().close(1006);
  transport.last().close({ kind: "failed", message: "" });
  clock.next();
  transport.last().close({ kind: "refused", status: 404, message: "" });
  expect(await attachment.exit).toMatchObject({ source: "status", complete: false });
  expect(await collectText(attachment.stdout)).toBe(`${written}held`);
});

describe("discontinuities", () => {
  const written = Array.from({ length: 60_000 }, (_, line) => `${line}\n`).join("");

  /** Output that outgrew the backlog while the connection was down. */
  async function gap(options: Partial<AttachmentOptions> = {}) {
    const run = follow(options);
    const { transport } = run;
    transport.last().open();
    transport.last().stdout("before the cut\n");
    transport.last().close(1006);
    await settled();
    transport.last().open();
    transport.last().stdout(written.slice(0, 262_144));
    transport.last().stdout("after");
    return run;
  }

  test("are values at their place: an event, and a result that is not complete", async () => {
    const { transport, attachment } = await gap();
    const events = collectAll(attachment.events);
    transport.last().text({ type: "exit", exit_code: 0 });
    expect(await collectText(attachment.stdout)).toBe(`before the cut\n${written.slice(0, 262_144)}after`);
    expect(await attachment.exit).toMatchObject({ exitCode: 0, complete: false });
    expect(await events).toContainEqual({
      type: "verdict",
      stream: "stdout",
      position: 15,
      verdict: { kind: "gap", missing: 0 },
    });
  });

  test("are what a gateway has dropped: with its length, at its place; the connection goes on", async () => {
    const { transport, attachment } = follow();
    const events = collectAll(attachment.events);
    const connection = transport.last();
    connection.open();
    connection.stdout("before ");
    connection.dropped("stdout", 70_000);
    connection.stdout("behind");
    connection.stderr("unharmed");
    connection.text({ type: "exit", exit_code: 0 });
    expect(await collectText(attachment.stdout)).toBe("before behind");
    expect(await collectText(attachment.stderr)).toBe("unharmed");
    expect(await attachment.exit).toMatchObject({ exitCode: 0, complete: false });
    const verdict = { kind: "gap", missing: 70_000, by: "gateway" };
    expect((await events).filter(({ type }) => type === "verdict")).toEqual([
      { type: "verdict", stream: "stdout", position: 7, verdict },
    ]);
    expect(transport.connections).toHaveLength(1);
  });

  test("are errors at their place in strict mode, in that stream only", async () => {
    const { transport, attachment } = await gap({ strict: true });
    transport.last().stderr("unharmed");
    transport.last().text({ type: "exit", exit_code: 0 });
    const reader = attachment.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("before the cut\n");
    await expect(reader.read()).rejects.toMatchObject({
      name: "DiscontinuityError",
      stream: "stdout",
      position: 15,
    });
    expect(await collectText(attachment.stderr)).toBe("unharmed");
    expect(await attachment.exit).toMatchObject({ exitCode: 0, complete: false });
  });
});

describe("verify", () => {
  test("compares the backlog after the exit: output that fits is proved complete", async () => {
    const { transport, attachment } = follow({ verify: true });
    transport.last().open();
    transport.last().stdout("all of it");
    transport.last().text({ type: "exit", exit_code: 3 });
    expect(attachment.ended).toBe(false);
    transport.last().open();
    transport.last().stdout("all of it");
    transport.last().text({ type: "exit", exit_code: 3 });
    expect(await collectText(attachment.stdout)).toBe("all of it");
    expect(await attachment.exit).toMatchObject({
      exitCode: 3,
      source: "exit-frame",
      complete: true,
      delivered: { stdout: { bytes: 9, proved: true }, stderr: { bytes: 0, proved: true } },
    });
  });

  test("finds what the server dropped for a slow reader, and brings the end that was missing", async () => {
    const { transport, attachment } = follow({ verify: true });
    const events = collectAll(attachment.events);
    const lines = Array.from({ length: 200 }, (_, line) => `line ${line}\n`);
    transport.last().open();
    for (const line of [...lines.slice(0, 100), ...lines.slice(120, 180)]) transport.last().stdout(line);
    transport.last().text({ type: "exit", exit_code: 0 });
    transport.last().open();
    for (const line of lines) transport.last().stdout(line);
    transport.last().text({ type: "exit", exit_code: 0 });
    const place = lines.slice(0, 100).join("").length;
    expect(await collectText(attachment.stdout)).toBe([...lines.slice(0, 100), ...lines.slice(120)].join(""));
    expect(await attachment.exit).toMatchObject({
      complete: false,
      delivered: { stdout: { proved: false } },
    });
    expect(await events).toContainEqual({
      type: "verdict",
      stream: "stdout",
      position: place + "line 1".length,
      verdict: { kind: "gap", missing: lines.slice(100, 120).join("").length },
    });
  });

  test("a server that is gone by then leaves the result as it was, not proved", async () => {
    const { transport, attachment } = follow({ verify: true });
    transport.last().open();
    transport.last().stdout("x");
    transport.last().text({ type: "exit", exit_code: 0 });
    transport.last().close({ kind: "refused", status: 404, message: "" });
    expect(await attachment.exit).toMatchObject({
      exitCode: 0,
      source: "exit-frame",
      complete: true,
      delivered: { stdout: { proved: false } },
    });
  });
});

test("events say what happened, in order", async () => {
  const { transport, clock, attachment, statusIs } = follow();
  const events = collectAll(attachment.events);
  statusIs({ kind: "running" }, { kind: "unavailable", message: "503" });
  transport.last().open();
  transport.last().close(1001);
  await settled();
  transport.last().close({ kind: "refused", status: 409, message: "already attached" });
  await settled();
  clock.next();
  transport.last().open();
  transport.last().text({ type: "exit", exit_code: 0 });
  const deadline = 300_000;
  const to = { budget: 240_000, purpose: "follow", deadline };
  expect(await events).toEqual([
    { type: "connected", attach: 1, purpose: "follow" },
    { type: "disconnected", cause: { kind: "closed", code: 1001, message: "" }, deadline },
    { type: "status", status: "running", message: null },
    { type: "reconnecting", ...to, attempt: 1, delay: 0, obstacle: "cut" },
    { type: "disconnected", cause: { kind: "refused", status: 409, message: "already attached" }, deadline },
    { type: "status", status: "unavailable", message: "503" },
    { type: "reconnecting", ...to, attempt: 2, delay: 75, obstacle: "slot-taken" },
    { type: "connected", attach: 2, purpose: "follow" },
    { type: "exit", exit: await attachment.exit },
  ]);
});

import { expect, test } from "vitest";
import { createBacklog } from "../../src/local/backlog.ts";
import { createPace } from "../../src/local/pace.ts";

const DIALECTS = ["serve", "runner"] as const;

function start(dialect: (typeof DIALECTS)[number]) {
  const limits = { bytes: 1_000, queueChunks: 100 };
  const [stdout, stderr] = [createBacklog(dialect, limits), createBacklog(dialect, limits)];
  let time = 5_000;
  const pace = createPace([stdout, stderr], () => time);
  return { stdout, stderr, pace, pass: (milliseconds: number) => (time += milliseconds) };
}

test.each(DIALECTS)(
  "%s: output is read slowly until the first client is there, but not for long",
  (dialect) => {
    const { stdout, pace, pass } = start(dialect);
    stdout.push(new Uint8Array(1));
    expect(pace()).toBe("slow");
    pass(499);
    expect(pace()).toBe("slow");
    pass(1);
    expect(pace()).toBe("steady");
  },
);

test.each(DIALECTS)(
  "%s: fast for a client that has taken all, slow for one that has not, of either stream",
  (dialect) => {
    const { stdout, stderr, pace } = start(dialect);
    const [out, err] = [stdout.subscribe(() => {}), stderr.subscribe(() => {})];
    expect(pace()).toBe("fast");
    for (const [stream, client] of [
      [stdout, out],
      [stderr, err],
    ] as const) {
      stream.push(new Uint8Array(1));
      expect(pace()).toBe("slow");
      client.take();
      expect(pace()).toBe("fast");
    }
  },
);

test.each(DIALECTS)("%s: a replay that is not taken yet counts, too", (dialect) => {
  const { stdout, pace } = start(dialect);
  stdout.push(new Uint8Array(1));
  const client = stdout.subscribe(() => {});
  expect(pace()).toBe("slow");
  client.take();
  expect(pace()).toBe("fast");
});

test.each(DIALECTS)(
  "%s: a client that stands still holds the process up no longer, until it has caught up",
  (dialect) => {
    const { stdout, pace, pass } = start(dialect);
    const client = stdout.subscribe(() => {});
    stdout.push(new Uint8Array(1));
    expect(pace()).toBe("slow");
    pass(500);
    expect(pace()).toBe("steady");
    client.take();
    expect(pace()).toBe("fast");
    stdout.push(new Uint8Array(1));
    expect(pace()).toBe("slow");
  },
);

test.each(DIALECTS)("%s: nobody is waited for who has gone", (dialect) => {
  const { stdout, pace } = start(dialect);
  const client = stdout.subscribe(() => {});
  stdout.push(new Uint8Array(1));
  expect(pace()).toBe("slow");
  client.close();
  expect(pace()).toBe("steady");
});

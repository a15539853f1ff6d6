import { describe, expect, test } from "vitest";
import { createBacklog } from "../../src/local/backlog.ts";
import { CHUNKS_PER_TURN, createPace } from "../../src/local/pace.ts";

describe.each(["serve", "runner"] as const)("%s", (dialect) => {
  function start(queueChunks = 256) {
    const limits = { bytes: 1_000, queueChunks };
    const [stdout, stderr] = [createBacklog(dialect, limits), createBacklog(dialect, limits)];
    let time = 5_000;
    const pass = (milliseconds: number) => {
      time += milliseconds;
    };
    return { stdout, stderr, pace: createPace([stdout, stderr], limits, () => time), pass };
  }

  /** Pushes chunks, and says the pace after each. */
  function fill(
    { stdout, pace }: Pick<ReturnType<typeof start>, "stdout" | "pace">,
    chunks: number,
  ): string[] {
    return Array.from({ length: chunks }, () => {
      stdout.push(new Uint8Array(1));
      return pace();
    });
  }

  test("until the first client is there, no more is read than is kept, but not for long", () => {
    const setting = start();
    expect(fill(setting, 500)).toEqual([...Array(499).fill("steady"), "hold"]);
    setting.pass(499);
    expect(setting.pace()).toBe("hold");
    setting.pass(1);
    expect(setting.pace()).toBe("steady");
  });

  test("the further a client is behind, on either stream, the slower", () => {
    const { stdout, stderr, pace } = start();
    for (const stream of [stdout, stderr]) {
      const client = stream.subscribe(() => {});
      expect(pace()).toBe("fast");
      const paces = fill({ stdout: stream, pace }, 128);
      expect([paces[94], paces[95], paces[126], paces[127]]).toEqual(["fast", "steady", "steady", "hold"]);
      for (let chunk = 0; chunk < 128; chunk += 1) client.take();
      expect(pace()).toBe("fast");
    }
  });

  test.each([1, 4, 16, 64])(
    "a client with a queue of %d chunks loses none by what one turn brings",
    (queueChunks) => {
      const setting = start(queueChunks);
      const client = setting.stdout.subscribe(() => {});
      let read = 0;
      let taken = 0;
      for (let turn = 0; turn < 100; turn += 1) {
        const pace = setting.pace();
        const chunks = pace === "fast" ? CHUNKS_PER_TURN : Number(pace === "steady");
        read += chunks;
        fill(setting, chunks);
        for (let chunk = client.take(); chunk !== undefined; chunk = client.take()) taken += chunk.length;
      }
      expect(read).toBeGreaterThanOrEqual(100);
      expect(taken).toBe(read);
    },
  );

  test("a client that stands still holds the process up no longer, until it has caught up", () => {
    const setting = start();
    const client = setting.stdout.subscribe(() => {});
    expect(fill(setting, 128).at(-1)).toBe("hold");
    setting.pass(499);
    expect(setting.pace()).toBe("hold");
    setting.pass(1);
    expect(setting.pace()).toBe("steady");
    for (let chunk = 0; chunk < 128; chunk += 1) client.take();
    expect(setting.pace()).toBe("fast");
    expect(fill(setting, 128).at(-1)).toBe("hold");
  });

  test("nobody is waited for who has gone", () => {
    const setting = start();
    const client = setting.stdout.subscribe(() => {});
    expect(fill(setting, 128).at(-1)).toBe("hold");
    client.close();
    expect(setting.pace()).toBe("steady");
  });
});

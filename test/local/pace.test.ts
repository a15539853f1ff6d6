import { describe, expect, test } from "vitest";
import { createBacklog } from "../../src/local/backlog.ts";
import { createPace } from "../../src/local/pace.ts";

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

  test("output is read slowly until the first client is there, but not for long", () => {
    const setting = start();
    expect(fill(setting, 1)).toEqual(["slow"]);
    setting.pass(499);
    expect(setting.pace()).toBe("slow");
    setting.pass(1);
    expect(setting.pace()).toBe("steady");
  });

  test("the further a client is behind, on either stream, the slower", () => {
    const { stdout, stderr, pace } = start();
    for (const stream of [stdout, stderr]) {
      const client = stream.subscribe(() => {});
      expect(pace()).toBe("fast");
      const paces = fill({ stdout: stream, pace }, 64);
      expect([paces[14], paces[15], paces[62], paces[63]]).toEqual(["fast", "steady", "steady", "slow"]);
      for (let chunk = 0; chunk < 64; chunk += 1) client.take();
      expect(pace()).toBe("fast");
    }
  });

  test("a client with a short queue is slow sooner", () => {
    const setting = start(4);
    setting.stdout.subscribe(() => {});
    expect(fill(setting, 1)).toEqual(["slow"]);
  });

  test("a client that stands still holds the process up no longer, until it has caught up", () => {
    const setting = start();
    const client = setting.stdout.subscribe(() => {});
    fill(setting, 64);
    setting.pass(500);
    expect(setting.pace()).toBe("steady");
    for (let chunk = 0; chunk < 64; chunk += 1) client.take();
    expect(setting.pace()).toBe("fast");
    expect(fill(setting, 64).at(-1)).toBe("slow");
  });

  test("nobody is waited for who has gone", () => {
    const setting = start();
    const client = setting.stdout.subscribe(() => {});
    expect(fill(setting, 64).at(-1)).toBe("slow");
    client.close();
    expect(setting.pace()).toBe("steady");
  });
});

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Box, BoxLite, type ExecutionEvent } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { collectAll, collectText } from "../support/collect.ts";

const unhandled: unknown[] = [];
const count = (error: unknown) => unhandled.push(error);

describe.each(["serve", "runner"] as const)("an execution on %s", (dialect) => {
  let local: LocalServer;
  let boxlite: BoxLite;
  let box: Box;

  beforeAll(async () => {
    process.on("unhandledRejection", count);
    local = await startLocalServer({ dialect });
    boxlite = new BoxLite({ baseUrl: local.url, token: local.token });
    box = await boxlite.boxes.create({ image: "alpine:latest", name: "named" });
  });
  afterAll(async () => {
    await local.close();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", count);
    expect(unhandled).toEqual([]);
  });

  const sh = (script: string, options = {}) => box.exec("sh", ["-c", script], options);

  describe("output", () => {
    test("both streams, and the exit", async () => {
      const execution = await sh("printf out; printf err >&2; exit 7");
      expect(execution.boxId).toBe(box.id);
      expect(await collectText(execution.stdout)).toBe("out");
      expect(await collectText(execution.stderr)).toBe("err");
      expect(await execution.exit).toMatchObject({
        outcome: "exited",
        exitCode: 7,
        complete: true,
        delivered: { stdout: { bytes: 3 }, stderr: { bytes: 3 } },
      });
    });

    test("output() gives bytes, as they are", async () => {
      const execution = await sh("printf '\\000\\377\\200'");
      const { stdout, stderr, exitCode } = await execution.output();
      expect([...stdout]).toEqual([0, 255, 128]);
      expect(stderr.length).toBe(0);
      expect(exitCode).toBe(0);
    });

    test("as much as the servers keep, on both streams at once", async () => {
      const execution = await sh("head -c 200000 /dev/zero >&2 & head -c 200000 /dev/zero; wait");
      const { stdout, stderr, complete } = await execution.output();
      expect([stdout.length, stderr.length, complete]).toEqual([200_000, 200_000, true]);
    });

    test("a stream that is read already makes text() reject, and the other stays free", async () => {
      const execution = await sh("printf out");
      execution.stderr.getReader();
      await expect(execution.text()).rejects.toBeInstanceOf(TypeError);
      expect(execution.stdout.locked).toBe(false);
      expect(await collectText(execution.stdout)).toBe("out");
    });
  });

  describe("options", () => {
    test("environment and arguments arrive as they are", async () => {
      const execution = await box.exec("sh", ["-c", 'printf "%s|" "$A" "$@"', "sh", "a b", '"', ""], {
        env: { A: "x y" },
      });
      expect((await execution.text()).stdout).toBe('x y|a b|"||');
    });

    test("working directory", async () => {
      const execution = await box.exec("pwd", [], { workingDir: "/" });
      expect((await execution.text()).stdout).toBe("/\n");
    });

    test("a time limit, in milliseconds", async () => {
      const execution = await box.exec("sleep", ["60"], { timeout: 50 });
      expect(await execution.exit).toMatchObject({ outcome: "signaled", signal: 15 });
    });

    test("a terminal and its size, now and later", async () => {
      const execution = await sh(
        'until [ "$(stty size)" = "31 101" ]; do :; done; echo first; until [ "$(stty size)" = "5 6" ]; do :; done; echo second; tty >/dev/null && echo tty',
        {
          tty: { cols: 101, rows: 31 },
        },
      );
      const reader = execution.stdout.getReader();
      let output = "";
      const until = async (word: string) => {
        while (!output.includes(word)) {
          const { done, value } = await reader.read();
          if (done) throw new Error(`ended without ${word}: ${output}`);
          output += new TextDecoder().decode(value);
        }
      };
      await until("first");
      execution.resize({ cols: 6, rows: 5 });
      await until("second\r\ntty");
      expect(() => execution.resize({ cols: 0, rows: 5 })).toThrow(/whole numbers/);
      expect((await execution.exit).exitCode).toBe(0);
    });

    test("no terminal unless asked for", async () => {
      const execution = await box.exec("tty");
      expect((await execution.text()).stdout).toContain("not a tty");
    });
  });

  describe("stdin", () => {
    const streamOf = (...texts: string[]) =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (const text of texts) controller.enqueue(new TextEncoder().encode(text));
          controller.close();
        },
      });

    test.each([
      ["text", () => "héllo"],
      ["bytes", () => new TextEncoder().encode("héllo")],
      ["a stream", () => streamOf("h", "é", "llo")],
      ["nothing", () => ""],
    ])("%s, closed behind it", async (name, source) => {
      const execution = await box.exec("cat", [], { stdin: source() });
      expect(await execution.text()).toMatchObject({
        stdout: name === "nothing" ? "" : "héllo",
        exitCode: 0,
      });
    });

    test("written and closed by the user", async () => {
      const execution = await box.exec("cat");
      const writer = execution.stdin.getWriter();
      await writer.write(new TextEncoder().encode("typed"));
      await writer.close();
      expect((await execution.text()).stdout).toBe("typed");
    });

    test("a stream that fails ends the execution with its error, not with half of the input", async () => {
      const cause = new Error("the disk is gone");
      const source = new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.error(cause);
        },
      });
      const execution = await box.exec("cat", [], { stdin: source });
      await expect(execution.exit).rejects.toBe(cause);
      await expect(execution.text()).rejects.toBe(cause);
      await gone(execution.status);
    });

    test("a stream that goes on after the end of the process is cancelled", async () => {
      let cancelled: (reason: unknown) => void = () => {};
      const cancellation = new Promise((resolve) => {
        cancelled = resolve;
      });
      const chunk = new TextEncoder().encode("more\n".repeat(10_000));
      const source = new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(chunk);
        },
        cancel: (reason) => cancelled(reason),
      });
      const execution = await box.exec("head", ["-n", "1"], { stdin: source });
      expect(await execution.text()).toMatchObject({ stdout: "more\n", exitCode: 0 });
      await cancellation;
    });
  });

  describe("control", () => {
    test("status", async () => {
      const execution = await box.exec("cat");
      expect(await execution.status()).toEqual({ executionId: execution.id, status: "running" });
      await execution.stdin.close();
      await execution.exit;
      expect(await execution.status()).toMatchObject({ status: "completed", exitCode: 0 });
    });

    test("kill, twice, and after the end", async () => {
      const execution = await box.exec("sleep", ["60"]);
      await Promise.all(
        [execution.kill(), execution.kill()].map((kill) =>
          kill.catch((error) => expect(error.status).toBe(404)),
        ),
      );
      expect(await execution.exit).toMatchObject({ outcome: expect.stringMatching(/signaled|killed/) });
      await execution.kill();
      const ended = await box.exec("true");
      await ended.exit;
      await ended.kill();
      expect((await ended.status()).status).toBe("completed");
    });

    test("a kill that was acknowledged is not sent again", async () => {
      const sent: string[] = [];
      const client = new BoxLite({
        baseUrl: local.url,
        token: local.token,
        fetch: (input, init) => {
          const request = new Request(input, init);
          if (request.method !== "DELETE") return fetch(request);
          sent.push(request.url);
          // The process goes on, so that nothing but the acknowledgement can be what is known.
          return Promise.resolve(new Response(null, { status: 204 }));
        },
      });
      const execution = await (await client.boxes.get(box.id)).exec("cat");
      await execution.kill();
      await execution.kill();
      expect(sent).toHaveLength(1);
      await execution.stdin.close();
      await execution.exit;
    });

    test.each(["SIGTERM", 15] as const)("a signal by name or number: %s", async (signal) => {
      const execution = await box.exec("sleep", ["60"]);
      await execution.signal(signal);
      expect(await execution.exit).toMatchObject({ outcome: "signaled", signal: 15, exitCode: -15 });
    });

    test.each([
      [9, /kill\(\)/],
      [0, /SIGHUP, SIGINT/],
      [1.5, /SIGHUP, SIGINT/],
    ])("signal %d is refused here", async (signal, why) => {
      const execution = await box.exec("cat", [], { stdin: "" });
      await expect(execution.signal(signal)).rejects.toThrow(why);
      await execution.exit;
    });

    test("detach leaves the process alone, and attach finds it again", async () => {
      const first = await sh("echo before; read line; echo after $line");
      const reader = first.stdout.getReader();
      await reader.read();
      first.detach();
      await expect(first.exit).rejects.toMatchObject({ code: "detached" });
      await first[Symbol.asyncDispose]();
      const second = await box.attach(first.id);
      const text = second.text();
      const writer = second.stdin.getWriter();
      await writer.write(new TextEncoder().encode("all\n"));
      expect(await text).toMatchObject({ stdout: "before\nafter all\n", exitCode: 0 });
    });

    test("events tell of the connection", async () => {
      const execution = await box.exec("true");
      const events = await collectAll<ExecutionEvent>(execution.events);
      expect(events.map(({ type }) => type)).toEqual(["connected", "exit"]);
    });
  });

  describe("the end of a handle", () => {
    test("disposing kills a process that runs", async () => {
      let held: Awaited<ReturnType<typeof sh>>;
      {
        await using execution = await box.exec("sleep", ["60"]);
        held = execution;
      }
      expect(await held.exit).toMatchObject({ outcome: expect.stringMatching(/signaled|killed/) });
      await gone(held.status);
      expect(held.stdout.locked).toBe(false);
      expect(await held.stdout.getReader().read()).toEqual({ done: true, value: undefined });
    });

    test("disposing leaves an ended one alone", async () => {
      const execution = await box.exec("true");
      await execution.exit;
      await execution[Symbol.asyncDispose]();
      expect((await execution.status()).status).toBe("completed");
    });

    test("disposing one that was only attached detaches it", async () => {
      const started = await box.exec("cat");
      started.detach();
      const attached = await box.attach(started.id);
      await attached[Symbol.asyncDispose]();
      await expect(attached.exit).rejects.toMatchObject({ code: "detached" });
      // A stream that nobody reads is cancelled, which lets go of what it holds.
      expect(await attached.stdout.getReader().read()).toEqual({ done: true, value: undefined });
      expect((await started.status()).status).toBe("running");
      await started.kill();
    });

    test("an abort kills the process and ends the handle with the reason", async () => {
      const controller = new AbortController();
      const execution = await box.exec("sleep", ["60"], { signal: controller.signal });
      const reason = { why: "enough" };
      controller.abort(reason);
      await expect(execution.exit).rejects.toBe(reason);
      await expect(execution.text()).rejects.toBe(reason);
      await expect(execution.stdin.getWriter().closed).rejects.toBe(reason);
      await execution[Symbol.asyncDispose]();
      await gone(execution.status);
    });

    test("an abort after the end changes nothing", async () => {
      const controller = new AbortController();
      const execution = await box.exec("echo", ["done"], { signal: controller.signal });
      await execution.exit;
      controller.abort();
      expect(await execution.text()).toMatchObject({ stdout: "done\n", exitCode: 0 });
      expect((await execution.status()).status).toBe("completed");
    });

    test("an abort that came before starts nothing", async () => {
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(box.exec("true", [], { signal })).rejects.toThrow("enough");
    });

    test("an abort of an attached one leaves the process alone", async () => {
      const started = await box.exec("cat");
      started.detach();
      const controller = new AbortController();
      const attached = await box.attach(started.id, { signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(attached.exit).rejects.toThrow("enough");
      await attached[Symbol.asyncDispose]();
      expect((await started.status()).status).toBe("running");
      await started.kill();
    });
  });

  test("a box that was got by name runs commands under its id", async () => {
    const named = await boxlite.boxes.get("named");
    expect(named.id).toBe(box.id);
    const execution = await named.exec("cat", [], { stdin: "x" });
    expect(execution.boxId).toBe(box.id);
    expect((await execution.text()).stdout).toBe("x");
  });

  /** Waits until the server has forgotten an execution, as it does with a killed one. */
  async function gone(status: () => Promise<unknown>): Promise<void> {
    await vi.waitFor(() => expect(status()).rejects.toMatchObject({ name: "NotFoundError" }));
  }
});

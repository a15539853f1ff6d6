import { afterEach, describe, expect, test } from "vitest";
import { NetworkError, NotFoundError, RateLimitError, ServerError } from "../../src/index.ts";
import { createHttp, type HttpOptions } from "../../src/rest/http.ts";
import { pause, retryDelay } from "../../src/rest/retry.ts";
import { type Reply, type ScriptedServer, startScriptedServer } from "../client/scripted-server.ts";

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const lost = new NetworkError("no answer", { retryable: true });

describe("how long to wait", () => {
  test.each([
    [1, 0, 150],
    [1, 1, 300],
    [2, 0, 300],
    [2, 0.5, 450],
  ])("repetition %d, chance %d: %d ms", (attempt, random, expected) => {
    expect(retryDelay(lost, attempt, {}, random)).toBe(expected);
  });

  test("never more than maxDelay, and no more often than limit", () => {
    expect(retryDelay(lost, 9, { limit: 9, maxDelay: 1_000 }, 1)).toBe(1_000);
    expect(retryDelay(lost, 3, {}, 0)).toBeUndefined();
    expect(retryDelay(lost, 1, { limit: 0 }, 0)).toBeUndefined();
  });

  test("as long as the server says, or not at all", () => {
    const limited = (retryAfter: number) =>
      new RateLimitError("resource_exhausted", "slow down", { retryable: true, retryAfter });
    expect(retryDelay(limited(5_000), 1, {}, 0)).toBe(5_000);
    expect(retryDelay(limited(5_000), 1, {}, 1)).toBe(5_500);
    expect(retryDelay(limited(20_001), 1, {}, 0)).toBeUndefined();
    expect(retryDelay(limited(500), 1, { maxDelay: 400 }, 0)).toBeUndefined();
  });

  test("what is not retryable is not waited for", () => {
    expect(retryDelay(new NotFoundError("not_found", "gone"), 1, {}, 0)).toBeUndefined();
  });

  test("a pause ends with its signal, before or meanwhile", async () => {
    const controller = new AbortController();
    const waiting = pause(1e9, controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(pause(0, controller.signal)).rejects.toThrow("enough");
  });
});

/** Answers one after the other, the last for ever. */
async function serve(replies: readonly Reply[], options: Partial<HttpOptions> = {}) {
  const started = await startScriptedServer(
    () => replies[Math.min(started.requests.length, replies.length) - 1] ?? OK,
  );
  server = started;
  return { http: createHttp({ baseUrl: started.url, prefix: null, ...options }), server: started };
}

const OK: Reply = { status: 200, json: {} };
const CUT: Reply = (response) => response.destroy();
const AT_ONCE = { "retry-after": "0" };

describe("what is repeated", () => {
  const get = { operation: "box.get", params: { box: "b1" } } as const;
  const remove = { operation: "box.remove", params: { box: "b1" } } as const;
  const network = { operation: "box.network", params: { box: "b1" }, json: { mode: "enabled" } } as const;
  const start = { operation: "box.start", params: { box: "b1" } } as const;

  test.each([
    ["GET", get],
    ["DELETE", remove],
    ["PUT", network],
  ])("a %s after a cut, a 408, 502, 503 or 504", async (_, call) => {
    for (const hiccup of [CUT, ...[408, 502, 503, 504].map((status): Reply => ({ status }))]) {
      const { http, server } = await serve([hiccup, OK]);
      await http.send(call);
      expect(server.requests).toHaveLength(2);
      await server.close();
    }
  });

  test("a POST only after a 429, and a 503 that says when to come back", async () => {
    for (const reply of [CUT, ...[408, 500, 502, 503, 504].map((status): Reply => ({ status }))]) {
      const { http, server } = await serve([reply, OK]);
      await expect(http.send(start)).rejects.toMatchObject({ retryable: false, operation: "box.start" });
      expect(server.requests).toHaveLength(1);
      await server.close();
    }
    for (const reply of [
      { status: 429 },
      { status: 429, headers: AT_ONCE },
      { status: 503, headers: AT_ONCE },
    ]) {
      const { http, server } = await serve([reply, OK]);
      await http.send(start);
      expect(server.requests).toHaveLength(2);
      await server.close();
    }
  });

  test("nothing after a 400, 401, 403, 404, 409, 422 or 500", async () => {
    for (const status of [400, 401, 403, 404, 409, 422, 500]) {
      const { http, server } = await serve([{ status, headers: AT_ONCE }, OK]);
      await expect(http.send(get)).rejects.toMatchObject({ status, retryable: false });
      expect(server.requests).toHaveLength(1);
      await server.close();
    }
  });

  test("a DELETE whose answer was lost has done its work when what it names is gone", async () => {
    const { http, server } = await serve([CUT, { status: 404 }]);
    await http.send(remove);
    expect(server.requests).toHaveLength(2);
  });

  test("but not where the first was not taken up, or there was no first", async () => {
    for (const replies of [
      [{ status: 404 }],
      [{ status: 429, headers: AT_ONCE }, { status: 404 }],
      [{ status: 503, headers: AT_ONCE }, { status: 404 }],
    ]) {
      const { http, server } = await serve(replies);
      await expect(http.send(remove)).rejects.toBeInstanceOf(NotFoundError);
      await server.close();
    }
  });

  test("each time with the same Idempotency-Key, another for another call, none where the contract has none", async () => {
    const { http, server } = await serve([{ status: 429, headers: AT_ONCE }, OK]);
    await http.send(start);
    await http.send(start);
    await http.send(get);
    const [first, again, other, read] = server.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(read).toBeUndefined();
  });
});

describe("onRetry", () => {
  const get = { operation: "box.get", params: { box: "b1" } } as const;

  test("is told of each repetition before it", async () => {
    const attempts: unknown[] = [];
    const { http } = await serve([{ status: 503, headers: AT_ONCE }, CUT, OK], {
      retry: { onRetry: (attempt) => attempts.push(attempt) },
    });
    await http.send(get);
    expect(attempts).toEqual([
      { operation: "box.get", attempt: 1, delay: 0, error: expect.any(ServerError) },
      { operation: "box.get", attempt: 2, delay: expect.any(Number), error: expect.any(NetworkError) },
    ]);
  });

  test.each([
    ["false", () => false],
    ["a promise of false", async () => false],
  ])("%s vetoes it: the error stands", async (_, onRetry) => {
    const { http, server } = await serve([{ status: 503 }, OK], { retry: { onRetry } });
    await expect(http.send(get)).rejects.toBeInstanceOf(ServerError);
    expect(server.requests).toHaveLength(1);
  });

  test("a limit of 0 repeats nothing, and asks nobody", async () => {
    let asked = 0;
    const { http } = await serve([{ status: 503 }, OK], { retry: { limit: 0, onRetry: () => (asked += 1) } });
    await expect(http.send(get)).rejects.toMatchObject({ retryable: true });
    expect(asked).toBe(0);
  });

  test("an abort while it waits ends it with the signal's reason", async () => {
    const controller = new AbortController();
    const { http, server } = await serve([{ status: 503, headers: { "retry-after": "15" } }], {
      retry: { onRetry: () => controller.abort(new Error("enough")) },
    });
    await expect(http.send({ ...get, signal: controller.signal })).rejects.toThrow("enough");
    expect(server.requests).toHaveLength(1);
  });
});

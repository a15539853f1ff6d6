import { expect, test } from "vitest";
import { attach, createWebSocketTransport, type StatusReport } from "../../src/attach/index.ts";
import { startLocalServer } from "../../src/local/index.ts";
import { startFaultProxy } from "../../src/testing/index.ts";
import { collectText } from "../support/collect.ts";

test("an execution is followed without the REST client, over a cut", async () => {
  await using server = await startLocalServer();
  const proxy = await startFaultProxy({
    target: server.url,
    plan: ({ index }) => (index === 0 ? { cut: { afterBytes: 1_000, how: "rst" } } : undefined),
  });
  const headers = { authorization: `Bearer ${server.token}` };
  async function post(path: string, body: object) {
    const asked = { method: "POST", headers: { ...headers, "content-type": "application/json" } };
    const answer = await fetch(`${server.url}/v1${path}`, { ...asked, body: JSON.stringify(body) });
    return answer.json();
  }
  const { box_id } = await post("/boxes", {});
  const { execution_id } = await post(`/boxes/${box_id}/exec`, { command: "seq", args: ["1", "5000"] });
  const path = `/v1/boxes/${box_id}/executions/${execution_id}`;

  async function probe(signal: AbortSignal): Promise<StatusReport> {
    const { status, exit_code } = await (await fetch(server.url + path, { headers, signal })).json();
    if (status === "running") return { kind: "running" };
    return { kind: "terminal", status, exitCode: exit_code, message: null };
  }
  const attachment = attach({
    subject: "seq",
    transport: createWebSocketTransport({
      url: `${proxy.url.replace("http", "ws")}${path}/attach`,
      headers: async () => headers,
    }),
    probe,
  });
  const expected = Array.from({ length: 5_000 }, (_, at) => `${at + 1}\n`).join("");
  expect(await collectText(attachment.stdout)).toBe(expected);
  expect(await attachment.exit).toMatchObject({ exitCode: 0, complete: true });
  await proxy.close();
});

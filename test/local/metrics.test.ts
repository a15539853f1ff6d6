import { describe, expect, test } from "vitest";
import { startTestServer } from "./local-client.ts";

const NULLS = {
  cpu_percent: null,
  memory_bytes: null,
  network_bytes_sent: null,
  network_bytes_received: null,
  network_tcp_connections: null,
  network_tcp_errors: null,
};

const NOTHING = {
  commands_executed_total: 0,
  exec_errors_total: 0,
  bytes_sent_total: 0,
  bytes_received_total: 0,
};

describe.each(["serve", "runner"] as const)("metrics of a box (%s)", (dialect) => {
  const serve = dialect === "serve";

  test("count commands, failed starts, and bytes each way", async () => {
    const { send, createBox, exec, attach, run } = await startTestServer({ dialect });
    const [box, other] = [await createBox(), await createBox()];
    const metrics = async () => (await send("GET", `/v1/boxes/${box}/metrics`)).json;
    expect(await metrics()).toEqual({
      ...NOTHING,
      ...NULLS,
      ...(serve ? {} : { create_duration_ms: 0, boot_duration_ms: 0 }),
    });
    const attachment = await attach(box, await exec(box, { command: "sh", args: ["-c", "cat; cat >&2 x"] }));
    attachment.socket.send(Buffer.from("12345"));
    attachment.socket.send('{"type":"stdin_eof"}');
    await attachment.closed;
    const errors = attachment.stderr().length;
    expect(errors).toBeGreaterThan(0);
    await send("POST", `/v1/boxes/${box}/exec`, { body: { command: "no-such-command" } });
    await run(box, { command: "printf", args: ["1234567"] });
    await run(other, { command: "printf", args: ["1234567"] });
    const counted = {
      ...NULLS,
      commands_executed_total: 2,
      exec_errors_total: 1,
      bytes_sent_total: 5,
      bytes_received_total: 5 + errors + 7,
    };
    expect(await metrics()).toEqual({
      ...counted,
      ...(serve
        ? {
            boot_timing: {
              total_create_ms: 0,
              guest_boot_ms: 0,
              filesystem_setup_ms: 0,
              image_prepare_ms: null,
              guest_rootfs_ms: null,
              box_config_ms: 0,
              box_spawn_ms: 0,
              container_init_ms: null,
            },
          }
        : { create_duration_ms: 0, boot_duration_ms: 0 }),
    });
  });

  test("count what comes from a terminal, and stdin in the body of an exec", async () => {
    const { send, createBox, run } = await startTestServer({ dialect });
    const box = await createBox();
    await run(box, { command: "printf", args: ["123"], tty: true });
    if (serve) await run(box, { command: "cat", stdin: "1234" });
    expect((await send("GET", `/v1/boxes/${box}/metrics`)).json).toMatchObject({
      bytes_sent_total: serve ? 4 : 0,
      bytes_received_total: serve ? 7 : 3,
    });
  });

  test("do not wake a box: serve refuses them of one that is stopped", async () => {
    const { send, createBox } = await startTestServer({ dialect });
    const box = await createBox();
    await send("POST", `/v1/boxes/${box}/stop`);
    const reply = await send("GET", `/v1/boxes/${box}/metrics`);
    if (serve) {
      expect(reply).toMatchObject({ status: 409, json: { error: { code: "invalid_state" } } });
    } else {
      expect(reply).toMatchObject({ status: 200, json: NOTHING });
    }
    expect((await send("GET", `/v1/boxes/${box}`)).json.status).toBe("stopped");
    expect((await send("GET", "/v1/boxes/nope/metrics")).status).toBe(404);
  });
});

describe("metrics of the server", () => {
  test("serve: of all boxes, those that are gone included", async () => {
    const { send, createBox, run } = await startTestServer({ dialect: "serve" });
    const metrics = async () => (await send("GET", "/v1/metrics")).json;
    const counts = {
      boxes_created_total: 0,
      boxes_failed_total: 0,
      boxes_stopped_total: 0,
      num_running_boxes: 0,
      total_commands_executed: 0,
      total_exec_errors: 0,
    };
    expect(await metrics()).toEqual(counts);
    const [one, two, three] = [await createBox(), await createBox(), await createBox()];
    for (const box of [one, one, two]) await run(box, { command: "true" });
    await send("POST", `/v1/boxes/${three}/exec`, { body: { command: "no-such-command" } });
    const busy = { ...counts, boxes_created_total: 3, total_commands_executed: 3, total_exec_errors: 1 };
    expect(await metrics()).toEqual({ ...busy, num_running_boxes: 3 });
    for (const verb of ["stop", "stop"]) await send("POST", `/v1/boxes/${one}/${verb}`);
    expect(await metrics()).toEqual({ ...busy, num_running_boxes: 2, boxes_stopped_total: 1 });
    for (const box of [one, two]) await send("DELETE", `/v1/boxes/${box}`);
    expect(await metrics()).toEqual({ ...busy, num_running_boxes: 1, boxes_stopped_total: 2 });
  });

  test("the cloud has none", async () => {
    const { send } = await startTestServer({ dialect: "runner" });
    expect(await send("GET", "/v1/metrics")).toMatchObject({
      status: 404,
      json: { statusCode: 404, message: "Cannot GET /v1/metrics" },
    });
  });
});

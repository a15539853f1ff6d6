import { expect } from "vitest";
import type { BoxLite, OperationName } from "../../src/index.ts";
import { boxAnswer, type Reply } from "./scripted-server.ts";

/** One call of each operation: what the client is asked, what it is to send, and what it makes of the answer. */
export interface OperationCall {
  readonly operation: OperationName;
  /** The contract's name for it; null for what is newer than the contract. */
  readonly contract: string | null;
  run(boxlite: BoxLite): Promise<unknown>;
  /** The method, and the path and query behind `/v1`. */
  readonly line: string;
  /** JSON; undefined: none. */
  readonly body?: unknown;
  readonly reply: Reply;
  readonly result: unknown;
}

const box = boxAnswer("b1", { status: "stopped" });
const info = {
  id: "b1",
  status: "stopped",
  createdAt: "2026-11-01T00:00:00Z",
  updatedAt: "2026-11-01T00:00:00Z",
  image: "alpine:latest",
  cpus: 1,
  memoryMib: 512,
};

const snapshot = {
  id: "01HS",
  box_id: "b1",
  name: "clean",
  created_at: 1_780_000_000,
  guest_disk_bytes: 10,
  container_disk_bytes: 20,
  size_bytes: 30,
};
const snapshotResult = {
  id: "01HS",
  boxId: "b1",
  name: "clean",
  createdAt: 1_780_000_000,
  guestDiskBytes: 10,
  containerDiskBytes: 20,
  sizeBytes: 30,
};

const image = {
  reference: "docker.io/library/python:3.11-slim",
  repository: "docker.io/library/python",
  tag: "3.11-slim",
  id: "sha256:abc",
  cached_at: "2026-11-01T00:00:00Z",
  size_bytes: 7,
};
const imageResult = {
  reference: "docker.io/library/python:3.11-slim",
  repository: "docker.io/library/python",
  tag: "3.11-slim",
  id: "sha256:abc",
  cachedAt: "2026-11-01T00:00:00Z",
  sizeBytes: 7,
};

const volume = { id: "v1", name: "data", created_at: "2026-11-01T00:00:00Z", size_bytes: null };
const volumeResult = { id: "v1", name: "data", createdAt: "2026-11-01T00:00:00Z" };

const ok = (json: unknown): Reply => ({ status: 200, json });
const created = (json: unknown): Reply => ({ status: 201, json });
const none: Reply = { status: 204 };

/** The box that most calls are about: asked for first, in a request of its own. */
const b1 = async (boxlite: BoxLite) => boxlite.boxes.get("b1");

export const operationCalls: readonly OperationCall[] = [
  {
    operation: "me",
    contract: "getCurrentPrincipal",
    run: (boxlite) => boxlite.me(),
    line: "GET /me",
    reply: ok({
      ...{ sub: "u1", principal_type: "user", email: "a@b.example", display_name: "A", path_prefix: null },
      ...{ scopes: ["boxes:read"], expires_at: "2026-12-01T00:00:00Z" },
    }),
    result: {
      ...{ sub: "u1", principalType: "user", email: "a@b.example", displayName: "A" },
      ...{ scopes: ["boxes:read"], expiresAt: "2026-12-01T00:00:00Z" },
    },
  },
  {
    operation: "config",
    contract: "getConfig",
    run: (boxlite) => boxlite.config(),
    line: "GET /config",
    reply: ok({
      capabilities: { snapshots_enabled: true, max_cpus: 8, new_flag: 1 },
      defaults: { memory_mib: 512 },
      overrides: { some_key: "x" },
    }),
    result: {
      capabilities: { snapshotsEnabled: true, maxCpus: 8, newFlag: 1 },
      defaults: { memoryMib: 512 },
      overrides: { some_key: "x" },
    },
  },
  {
    operation: "metrics",
    contract: "getRuntimeMetrics",
    run: (boxlite) => boxlite.metrics(),
    line: "GET /metrics",
    reply: ok({ boxes_created_total: 3, num_running_boxes: 1 }),
    result: { boxesCreatedTotal: 3, numRunningBoxes: 1 },
  },
  {
    operation: "boxes.list",
    contract: "listBoxes",
    run: (boxlite) => boxlite.boxes.list({ pageSize: 10, status: "running" }).page("t1"),
    line: "GET /boxes?pageSize=10&pageToken=t1&status=running",
    reply: ok({ boxes: [box], next_page_token: "t2" }),
    result: { items: [expect.objectContaining({ id: "b1" })], nextPageToken: "t2" },
  },
  {
    operation: "boxes.create",
    contract: "createBox",
    run: async (boxlite) =>
      (
        await boxlite.boxes.create({
          name: "dev",
          image: "alpine:latest",
          cpus: 2,
          memoryMib: 512,
          diskSizeGb: 5,
          workingDir: "/app",
          env: { SOME_KEY: "v" },
          entrypoint: ["sh"],
          cmd: ["-c", "true"],
          user: "1000:1000",
          detach: true,
          autoPause: 60,
          autoDelete: 120,
          autoResume: false,
          network: { mode: "enabled", allowNet: ["*.example"] },
          secrets: [{ name: "KEY", value: "hidden", hosts: ["api.example"], placeholder: "<K>" }],
          volumes: [{ hostPath: "/srv", guestPath: "/data", readOnly: true }],
          security: "standard",
        })
      ).info,
    line: "POST /boxes",
    body: {
      name: "dev",
      image: "alpine:latest",
      cpus: 2,
      memory_mib: 512,
      disk_size_gb: 5,
      working_dir: "/app",
      env: { SOME_KEY: "v" },
      entrypoint: ["sh"],
      cmd: ["-c", "true"],
      user: "1000:1000",
      detach: true,
      auto_pause: 60,
      auto_delete: 120,
      auto_resume: false,
      network: { mode: "enabled", allow_net: ["*.example"] },
      secrets: [{ name: "KEY", value: "hidden", hosts: ["api.example"], placeholder: "<K>" }],
      volumes: [{ host_path: "/srv", guest_path: "/data", read_only: true }],
      security: "standard",
    },
    reply: created(box),
    result: info,
  },
  {
    operation: "boxes.import",
    contract: "importBox",
    run: async (boxlite) => (await boxlite.boxes.import(new Blob(["archive"]), { name: "again" })).info,
    line: "POST /boxes/import?name=again",
    body: Buffer.from("archive"),
    reply: created(box),
    result: info,
  },
  {
    operation: "box.get",
    contract: "getBox",
    run: async (boxlite) => (await boxlite.boxes.get("b1")).info,
    line: "GET /boxes/b1",
    reply: ok(box),
    result: info,
  },
  {
    operation: "box.exists",
    contract: "boxExists",
    run: (boxlite) => boxlite.boxes.exists("b1"),
    line: "HEAD /boxes/b1",
    reply: none,
    result: true,
  },
  {
    operation: "box.remove",
    contract: "removeBox",
    run: (boxlite) => boxlite.boxes.remove("b1", { force: true }),
    line: "DELETE /boxes/b1?force=true",
    reply: none,
    result: undefined,
  },
  {
    operation: "box.start",
    contract: "startBox",
    run: async (boxlite) => (await b1(boxlite)).start(),
    line: "POST /boxes/b1/start",
    reply: created(box),
    result: info,
  },
  {
    operation: "box.stop",
    contract: "stopBox",
    run: async (boxlite) => (await b1(boxlite)).stop({ timeout: 1_500 }),
    line: "POST /boxes/b1/stop",
    body: { timeout_seconds: 1.5 },
    reply: ok(box),
    result: info,
  },
  {
    operation: "box.clone",
    contract: "cloneBox",
    run: async (boxlite) => (await (await b1(boxlite)).clone({ name: "twin" })).info,
    line: "POST /boxes/b1/clone",
    body: { name: "twin" },
    reply: created(box),
    result: info,
  },
  {
    operation: "box.export",
    contract: "exportBox",
    run: async (boxlite) => new Response(await (await b1(boxlite)).export()).text(),
    line: "POST /boxes/b1/export",
    reply: { status: 200, text: "archive", headers: { "content-type": "application/octet-stream" } },
    result: "archive",
  },
  {
    operation: "box.metrics",
    contract: "getBoxMetrics",
    run: async (boxlite) => (await b1(boxlite)).metrics(),
    line: "GET /boxes/b1/metrics",
    reply: ok({ commands_executed_total: 1, cpu_percent: null, boot_timing: { guest_boot_ms: 5 } }),
    result: { commandsExecutedTotal: 1, bootTiming: { guestBootMs: 5 } },
  },
  {
    operation: "box.network",
    contract: null,
    run: async (boxlite) => (await b1(boxlite)).setInbound("disabled"),
    line: "PUT /boxes/b1/network/inbound",
    body: { mode: "disabled" },
    reply: ok({ mode: "disabled" }),
    result: "disabled",
  },
  {
    operation: "box.tunnel",
    contract: "prepareTunnel",
    run: async (boxlite) => (await b1(boxlite)).tunnel(3000),
    line: "POST /boxes/b1/network/tunnel?port=3000",
    reply: ok({ uri: "https://3000-b1.proxy.example" }),
    result: new URL("https://3000-b1.proxy.example"),
  },
  {
    operation: "execution.start",
    contract: "startExecution",
    run: async (boxlite) => {
      const execution = await (await b1(boxlite)).exec("sh", ["-c", "true"], {
        ...{ env: { A: "1" }, workingDir: "/app", timeout: 1_500, tty: true, reconnectBudget: 0 },
      });
      execution.exit.catch(() => {});
      execution.detach();
      return execution.id;
    },
    line: "POST /boxes/b1/exec",
    body: {
      ...{ command: "sh", args: ["-c", "true"], env: { A: "1" }, working_dir: "/app" },
      ...{ timeout_seconds: 1.5, tty: true },
    },
    reply: created({ execution_id: "e1" }),
    result: "e1",
  },
  {
    operation: "execution.status",
    contract: "getExecution",
    run: (boxlite) => b1(boxlite).then((box) => box.execution("e1").status()),
    line: "GET /boxes/b1/executions/e1",
    reply: ok({
      ...{ execution_id: "e1", status: "timed_out", exit_code: -15, started_at: "2026-11-01T00:00:00Z" },
      ...{ duration_ms: 5, error_message: null },
    }),
    result: {
      ...{ executionId: "e1", status: "timed_out", exitCode: -15, startedAt: "2026-11-01T00:00:00Z" },
      ...{ durationMs: 5 },
    },
  },
  {
    operation: "execution.kill",
    contract: "killExecution",
    run: (boxlite) => b1(boxlite).then((box) => box.execution("e1").kill()),
    line: "DELETE /boxes/b1/executions/e1",
    reply: none,
    result: undefined,
  },
  {
    operation: "execution.signal",
    contract: "signalExecution",
    run: (boxlite) => b1(boxlite).then((box) => box.execution("e1").signal("SIGTERM")),
    line: "POST /boxes/b1/executions/e1/signal",
    body: { signal: 15 },
    reply: none,
    result: undefined,
  },
  {
    operation: "execution.resize",
    contract: "resizeExecution",
    run: (boxlite) => b1(boxlite).then((box) => box.execution("e1").resize({ cols: 120, rows: 40 })),
    line: "POST /boxes/b1/executions/e1/resize",
    body: { cols: 120, rows: 40 },
    reply: none,
    result: undefined,
  },
  {
    operation: "files.write",
    contract: "uploadFiles",
    run: async (boxlite) => (await b1(boxlite)).files.upload("/app", new Blob(["tar"])),
    line: "PUT /boxes/b1/files?path=%2Fapp%2F&source_is_dir=true",
    body: Buffer.from("tar"),
    reply: none,
    result: undefined,
  },
  {
    operation: "files.read",
    contract: "downloadFiles",
    run: async (boxlite) => {
      const download = await (await b1(boxlite)).files.download("/app");
      return new Response(download.archive).text();
    },
    line: "GET /boxes/b1/files?path=%2Fapp",
    reply: { status: 200, text: "\0".repeat(1024), headers: { "content-type": "application/x-tar" } },
    result: "\0".repeat(1024),
  },
  {
    operation: "snapshots.create",
    contract: "createSnapshot",
    run: async (boxlite) => (await b1(boxlite)).snapshots.create("clean"),
    line: "POST /boxes/b1/snapshots",
    body: { name: "clean" },
    reply: created(snapshot),
    result: snapshotResult,
  },
  {
    operation: "snapshots.list",
    contract: "listSnapshots",
    run: async (boxlite) => (await b1(boxlite)).snapshots.list().all(),
    line: "GET /boxes/b1/snapshots",
    reply: ok({ snapshots: [snapshot] }),
    result: [snapshotResult],
  },
  {
    operation: "snapshots.get",
    contract: "getSnapshot",
    run: async (boxlite) => (await b1(boxlite)).snapshots.get("clean"),
    line: "GET /boxes/b1/snapshots/clean",
    reply: ok(snapshot),
    result: snapshotResult,
  },
  {
    operation: "snapshots.remove",
    contract: "removeSnapshot",
    run: async (boxlite) => (await b1(boxlite)).snapshots.remove("clean"),
    line: "DELETE /boxes/b1/snapshots/clean",
    reply: none,
    result: undefined,
  },
  {
    operation: "snapshots.restore",
    contract: "restoreSnapshot",
    run: async (boxlite) => (await b1(boxlite)).snapshots.restore("clean"),
    line: "POST /boxes/b1/snapshots/clean/restore",
    reply: none,
    result: undefined,
  },
  {
    operation: "images.pull",
    contract: "pullImage",
    run: (boxlite) => boxlite.images.pull("python:3.11-slim"),
    line: "POST /images/pull",
    body: { reference: "python:3.11-slim" },
    reply: ok(image),
    result: imageResult,
  },
  {
    operation: "images.list",
    contract: "listImages",
    run: async (boxlite) => (await boxlite.images.list({ pageSize: 2 }).page()).items,
    line: "GET /images?pageSize=2",
    reply: ok({ images: [image], next_page_token: null }),
    result: [imageResult],
  },
  {
    operation: "images.get",
    contract: "getImage",
    run: (boxlite) => boxlite.images.get("sha256:abc"),
    line: "GET /images/sha256%3Aabc",
    reply: ok(image),
    result: imageResult,
  },
  {
    operation: "images.exists",
    contract: "imageExists",
    run: (boxlite) => boxlite.images.exists("sha256:abc"),
    line: "HEAD /images/sha256%3Aabc",
    reply: { status: 404 },
    result: false,
  },
  {
    operation: "volumes.create",
    contract: null,
    run: (boxlite) => boxlite.volumes.create({ name: "data" }),
    line: "POST /volumes",
    body: { name: "data" },
    reply: created(volume),
    result: volumeResult,
  },
  {
    operation: "volumes.list",
    contract: null,
    run: (boxlite) => boxlite.volumes.list().all(),
    line: "GET /volumes",
    reply: ok({ volumes: [volume] }),
    result: [volumeResult],
  },
  {
    operation: "volumes.get",
    contract: null,
    run: (boxlite) => boxlite.volumes.get("v1"),
    line: "GET /volumes/v1",
    reply: ok(volume),
    result: volumeResult,
  },
  {
    operation: "volumes.remove",
    contract: null,
    run: (boxlite) => boxlite.volumes.remove("v1", { force: true }),
    line: "DELETE /volumes/v1?force=true",
    reply: none,
    result: undefined,
  },
];

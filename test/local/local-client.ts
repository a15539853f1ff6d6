import { once } from "node:events";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { expect, onTestFinished } from "vitest";
import WebSocket from "ws";
import { type LocalServerOptions, startLocalServer } from "../../src/local/index.ts";

/** A client of the bare protocol: no library between a test and what the server answers. */
export async function startTestServer(options: LocalServerOptions = {}) {
  const server = await startLocalServer(options);
  onTestFinished(() => server.close());

  async function send(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
    const raw = typeof options.body === "string" || options.body instanceof Uint8Array;
    const body = raw ? options.body : JSON.stringify(options.body);
    const message = httpRequest(server.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${server.token}`,
        ...(body === undefined || raw ? {} : { "Content-Type": "application/json" }),
        ...options.headers,
      },
    });
    message.end(body);
    const [response]: IncomingMessage[] = await once(message, "response");
    if (response === undefined) throw new Error("no response");
    const bytes = Buffer.concat(await response.toArray());
    const text = bytes.toString();
    return { status: response.statusCode ?? 0, headers: response.headers, bytes, text, json: parse(text) };
  }

  /** A request whose body the test writes and whose response it reads. */
  function open(method: string, path: string): ClientRequest {
    const message = httpRequest(server.url + path, {
      method,
      headers: { Authorization: `Bearer ${server.token}` },
    });
    onTestFinished(() => void message.destroy());
    return message;
  }

  const upload = (box: string, path: string, body: Uint8Array, query = "") =>
    send("PUT", `/v1/boxes/${box}/files?path=${encodeURIComponent(path)}${query}`, { body });

  const download = (box: string, path: string) =>
    send("GET", `/v1/boxes/${box}/files?path=${encodeURIComponent(path)}`);

  async function createBox(body: Record<string, unknown> = {}): Promise<string> {
    const reply = await send("POST", "/v1/boxes", { body });
    expect(reply.status).toBe(201);
    return String(reply.json.box_id);
  }

  async function exec(box: string, body: Record<string, unknown>): Promise<string> {
    const reply = await send("POST", `/v1/boxes/${box}/exec`, { body });
    expect(reply, reply.text).toMatchObject({ status: 201 });
    return String(reply.json.execution_id);
  }

  const shell = (box: string, script: string) => exec(box, { command: "sh", args: ["-c", script] });

  const status = (box: string, execution: string) => send("GET", `/v1/boxes/${box}/executions/${execution}`);

  async function attach(box: string, execution: string, query = ""): Promise<Attachment> {
    const reply = await tryAttach(`/v1/boxes/${box}/executions/${execution}/attach${query}`);
    if (!("closed" in reply)) throw new Error(`attach refused: ${reply.status} ${reply.text}`);
    return reply;
  }

  /** Resolves with the refusal, or the attachment. */
  function tryAttach(path: string, headers: Record<string, string> = {}): Promise<Attachment | Reply> {
    const socket = new WebSocket(server.url.replace("http", "ws") + path, {
      headers: { Authorization: `Bearer ${server.token}`, ...headers },
    });
    onTestFinished(() => socket.terminate());
    const attachment = followAttachment(socket);
    return new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.once("open", () => resolve(attachment));
      socket.once("unexpected-response", async (_request, response) => {
        const bytes = Buffer.concat(await response.toArray());
        const text = bytes.toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text,
          json: parse(text),
        });
      });
    });
  }

  /** Runs a command to its end, attached. */
  async function run(box: string, body: Record<string, unknown>): Promise<Attachment> {
    const attachment = await attach(box, await exec(box, body));
    await attachment.closed;
    return attachment;
  }

  /** Waits until the execution is said to be completed. */
  const completed = (box: string, execution: string) =>
    expect.poll(async () => (await status(box, execution)).json.status, POLL).toBe("completed");

  /** Where the box's relative paths begin on this machine. */
  const directoryOf = async (box: string) => (await run(box, { command: "pwd" })).stdout().toString().trim();

  return {
    server,
    send,
    open,
    upload,
    download,
    directoryOf,
    createBox,
    exec,
    shell,
    status,
    attach,
    tryAttach,
    run,
    completed,
  };
}

export const POLL = { interval: 5, timeout: 4000 };

interface RequestOptions {
  /** A string or bytes go out as they are, without a content type. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Reply {
  status: number;
  headers: IncomingMessage["headers"];
  bytes: Buffer;
  text: string;
  /** Empty when the body is no JSON object. */
  json: Record<string, unknown>;
}

export interface Attachment {
  readonly socket: WebSocket;
  /** Binary frames as they came. */
  readonly frames: Frame[];
  /** Text frames, parsed. */
  readonly controls: Record<string, unknown>[];
  readonly pings: () => number;
  readonly stdout: () => Buffer;
  readonly stderr: () => Buffer;
  readonly exitCode: () => unknown;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Resolves when something arrives that makes the condition true, or has done so already. */
  until(condition: () => boolean): Promise<void>;
}

interface Frame {
  readonly channel: number | undefined;
  readonly bytes: Buffer;
}

function followAttachment(socket: WebSocket): Attachment {
  const frames: Frame[] = [];
  const controls: Record<string, unknown>[] = [];
  const watchers = new Set<() => void>();
  let pings = 0;
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  socket.on("ping", () => {
    pings += 1;
    changed();
  });
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) frames.push({ channel: data[0], bytes: data.subarray(1) });
    else controls.push(JSON.parse(data.toString()));
    changed();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  const output = (channel: number) =>
    Buffer.concat(frames.filter((frame) => frame.channel === channel).map((frame) => frame.bytes));
  return {
    socket,
    frames,
    controls,
    closed,
    pings: () => pings,
    stdout: () => output(1),
    stderr: () => output(2),
    exitCode: () => controls.find((control) => control.type === "exit")?.exit_code,
    until: (condition) =>
      new Promise((resolve) => {
        const check = () => {
          if (!condition()) return;
          watchers.delete(check);
          resolve();
        };
        watchers.add(check);
        check();
      }),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}

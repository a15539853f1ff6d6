import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { type ClientRequest, createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { createTarPacker, unpackTar } from "modern-tar";
import { describe, expect, onTestFinished, test } from "vitest";
import { streamBody } from "../../src/local/request-body.ts";
import { POLL, startTestServer } from "./local-client.ts";
import { tar, tree } from "./tree.ts";

const MIB = 1 << 20;
const LARGE = 64 * MIB;

async function startWithBox(dialect: "serve" | "runner") {
  const client = await startTestServer({ dialect });
  const box = await client.createBox();
  return { ...client, box, directory: await client.directoryOf(box) };
}

/** Open files of this process, which is the server's, below a directory. */
function openFiles(directory: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return [];
    }
  });
}

async function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("no response");
  return response;
}

/** Not compressible, and the same each time. */
function* pieces(count: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let index = 0; index < count; index += 1) {
    yield new Uint8Array(MIB).fill(index + 1);
  }
}

function digest(chunks: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

describe.each(["serve", "runner"] as const)("streams of files (%s)", (dialect) => {
  test("64 MiB go up and come down as they were", async () => {
    const { open, box, download, directory } = await startWithBox(dialect);
    const { readable, controller } = createTarPacker();
    const packed = (async () => {
      const writer = controller.add({ name: "large", size: LARGE }).getWriter();
      for (const piece of pieces(64)) await writer.write(piece);
      await writer.close();
      controller.finalize();
    })();
    const upload = open("PUT", `/v1/boxes/${box}/files?path=copy`);
    const answered = responseOf(upload);
    for await (const chunk of readable) {
      if (!upload.write(chunk)) await once(upload, "drain");
    }
    upload.end();
    await packed;
    expect((await answered).statusCode).toBe(204);
    expect(statSync(join(directory, "copy")).size).toBe(LARGE);
    const [entry] = await unpackTar((await download(box, "copy")).bytes, { strict: true });
    expect(digest([entry?.data ?? new Uint8Array()])).toBe(digest(pieces(64)));
  });

  test.each([
    ["into a directory", "x/"],
    ["to a single file", "x"],
  ])("an upload %s that is broken off leaves nothing half", async (_name, path) => {
    const { open, send, box, directory } = await startWithBox(dialect);
    const whole = await tar({ name: "a", body: new Uint8Array(MIB) });
    const upload = open("PUT", `/v1/boxes/${box}/files?path=${path}`);
    upload.on("error", () => {});
    upload.write(whole.subarray(0, MIB / 2));
    await expect.poll(() => openFiles(directory).length, POLL).toBe(1);
    upload.destroy();
    await expect.poll(() => openFiles(directory), POLL).toEqual([]);
    await expect.poll(() => tree(directory), POLL).toEqual(path === "x" ? {} : { "x/": null });
    expect((await send("GET", "/v1/config")).status).toBe(200);
  });

  test.each([
    ["an archive", "x/", "../evil", /outside the destination/],
    ["a destination", "/dev/null/x/", "a", /ENOTDIR/],
  ])("%s that fails is answered before the upload's end, and the connection goes on", async (...row) => {
    const [, path, name, message] = row;
    const { server, box } = await startWithBox(dialect);
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    const archive = await tar({ name, body: new Uint8Array(16 * MIB) });
    let received = "";
    socket.on("data", (data) => {
      received += data;
    });
    const headers = `Host: ${hostname}:${port}\r\nAuthorization: Bearer ${server.token}\r\n`;
    socket.write(
      `PUT /v1/boxes/${box}/files?path=${path} HTTP/1.1\r\n${headers}Content-Length: ${archive.length}\r\n\r\n`,
    );
    socket.write(archive.subarray(0, 1024));
    await expect.poll(() => received, POLL).toMatch(/^HTTP\/1\.1 400 /);
    await expect.poll(() => received, POLL).toMatch(message);
    // The rest, more than the sockets between hold, is taken and thrown away; then comes the next request.
    socket.write(archive.subarray(1024));
    socket.write(`GET /v1/boxes/${box} HTTP/1.1\r\n${headers}\r\n`);
    await expect.poll(() => received, POLL).toMatch(/HTTP\/1\.1 200 .*box_id/s);
  });

  /** A download of 1 GiB of which only the headers have been read. */
  async function startDownload() {
    const { open, send, box, directory } = await startWithBox(dialect);
    const path = join(directory, "large");
    writeFileSync(path, "");
    truncateSync(path, 1024 * MIB);
    const request = open("GET", `/v1/boxes/${box}/files?path=large`);
    request.end();
    const response = await responseOf(request);
    expect(response.statusCode).toBe(200);
    await expect.poll(() => openFiles(directory), POLL).toEqual([path]);
    return { send, request, response, path, directory };
  }

  test("a download that fails in the middle is cut: a file that has become shorter", async () => {
    const { response, path, directory } = await startDownload();
    // Nobody has read yet, so that most of the file has not left it.
    truncateSync(path, 0);
    await expect(response.toArray()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(response.complete).toBe(false);
    await expect.poll(() => openFiles(directory), POLL).toEqual([]);
  });

  test("a download that is cancelled leaves no file open", async () => {
    const { send, request, response, directory } = await startDownload();
    response.on("error", () => {});
    await once(response, "readable");
    request.destroy();
    await expect.poll(() => openFiles(directory), POLL).toEqual([]);
    expect((await send("GET", "/v1/config")).status).toBe(200);
  });

  test("a download of many files that is cancelled ends as well", async () => {
    const { open, box, directory, server } = await startWithBox(dialect);
    for (let index = 0; index < 20; index += 1) {
      writeFileSync(join(directory, `f${index}`), "");
      truncateSync(join(directory, `f${index}`), 64 * MIB);
    }
    const request = open("GET", `/v1/boxes/${box}/files?path=.`);
    request.end();
    const response = await responseOf(request);
    response.on("error", () => {});
    await once(response, "readable");
    request.destroy();
    await expect.poll(() => openFiles(directory), POLL).toEqual([]);
    await server.close();
  });

  test("the end of the server cuts what is under way", async () => {
    const { open, box, directory, server } = await startWithBox(dialect);
    const upload = open("PUT", `/v1/boxes/${box}/files?path=x`);
    upload.on("error", () => {});
    upload.write((await tar({ name: "a", body: new Uint8Array(MIB) })).subarray(0, MIB / 2));
    await expect.poll(() => openFiles(directory).length, POLL).toBe(1);
    writeFileSync(join(directory, "large"), "");
    truncateSync(join(directory, "large"), 1024 * MIB);
    const download = open("GET", `/v1/boxes/${box}/files?path=large`);
    download.end();
    const response = await responseOf(download);
    const read = response.toArray();
    read.catch(() => {});
    await server.close();
    await expect(read).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(openFiles(directory)).toEqual([]);
    expect(existsSync(directory)).toBe(false);
  });
});

test("a body that nobody reads is not taken in without end, and then comes whole", async () => {
  const taken = new Promise<{ request: IncomingMessage; body: ReadableStream<Uint8Array> }>((resolve) => {
    const server = createServer((request, response) => {
      resolve({ request, body: streamBody(request) });
      request.once("end", () => response.end());
    }).listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address !== "object" || address === null) return;
      const client = httpRequest({ host: "127.0.0.1", port: address.port, method: "PUT" });
      client.on("response", (response) => response.resume());
      for (const piece of pieces(16)) client.write(piece);
      client.end();
    });
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
  });
  const { request, body } = await taken;
  await expect.poll(() => request.isPaused(), POLL).toBe(true);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  expect(digest(chunks)).toBe(digest(pieces(16)));
});

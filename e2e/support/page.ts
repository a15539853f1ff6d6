import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { type FaultProxy, startFaultProxy } from "../../src/testing/index.ts";
import { bundleLibrary } from "./library.ts";

/** A page that has the library, as `globalThis.boxlite`, and nothing else, and a server that lets it in. */
export interface BarePage extends AsyncDisposable {
  /** The API is at `/api`. */
  readonly url: string;
  /** In front of the local server. */
  readonly proxy: FaultProxy;
}

declare global {
  var boxlite: typeof import("../../src/index.ts");
}

const PAGE = `<!doctype html>
<title>bare</title>
<link rel="icon" href="data:," />
<script type="module">import * as boxlite from "/boxlite.js"; globalThis.boxlite = boxlite;</script>`;

export async function startBarePage(): Promise<BarePage> {
  const library = await bundleLibrary();
  const local = await startLocalServer({ dialect: "runner" });
  const proxy = await startFaultProxy({ target: local.url });
  const sockets = new Set<Socket>();

  const server = createServer((incoming, response) => {
    if (incoming.url?.startsWith("/api/")) {
      const forwarded = request(target(incoming, proxy, local), (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forwarded.on("error", () => response.destroy());
      incoming.pipe(forwarded);
    } else if (library.has(incoming.url ?? "")) {
      response.setHeader("content-type", "text/javascript").end(library.get(incoming.url ?? ""));
    } else {
      response.setHeader("content-type", "text/html").end(PAGE);
    }
  });
  server.on("upgrade", (incoming, socket) => {
    const { host, port, path, headers } = target(incoming, proxy, local);
    const upstream = connect(port, host, () => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      upstream.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) {
      end.on("error", () => {});
      end.on("close", () => {
        socket.destroy();
        upstream.destroy();
      });
    }
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    proxy,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await proxy.close();
      await local.close();
    },
  };
}

/** Where a request goes: with the credential, and without the origin, which the local server refuses. */
function target(incoming: IncomingMessage, proxy: FaultProxy, local: LocalServer) {
  const { hostname: host, port } = new URL(proxy.url);
  const { origin: _, host: __, ...headers } = incoming.headers;
  return {
    host,
    port: Number(port),
    method: incoming.method ?? "GET",
    path: (incoming.url ?? "").replace(/^\/api/, ""),
    headers: { ...headers, host: `${host}:${port}`, authorization: `Bearer ${local.token}` },
  };
}

import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { BoxLite, type ExecutionEvent } from "../../src/index.ts";
import { startLocalServer } from "../../src/local/index.ts";

/** A front of the local server whose tokens end: it knows one at a time. */
async function startFront(target: URL, real: string) {
  const front = { valid: "token-1", refused: [] as string[], sockets: new Set<Socket>(), url: "" };
  const known = ({ headers, method, url }: IncomingMessage) => {
    if (headers.authorization === `Bearer ${front.valid}`) return true;
    front.refused.push(`${headers.upgrade ? "WS" : method} ${url?.split("/").at(-1)}`);
    return false;
  };
  const withReal = ({ headers }: IncomingMessage) => ({ ...headers, authorization: `Bearer ${real}` });
  const server = createServer((incoming, response) => {
    if (!known(incoming)) return response.writeHead(401).end();
    const { method, url } = incoming;
    const forwarded = request(
      new URL(url ?? "/", target),
      { method, headers: withReal(incoming) },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    return incoming.pipe(forwarded);
  });
  server.on("upgrade", (incoming, socket: Socket) => {
    socket.on("error", () => {});
    if (!known(incoming)) {
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const upstream = connect(Number(target.port), target.hostname, () => {
      const lines = Object.entries(withReal(incoming)).map(([name, value]) => `${name}: ${value}\r\n`);
      upstream.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => {});
    front.sockets.add(socket);
    socket.on("close", () => {
      front.sockets.delete(socket);
      upstream.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  front.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    for (const socket of front.sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(front, { close });
}

test("a token that ends while an execution is followed is replaced, and the execution attached to again", async () => {
  const local = await startLocalServer();
  const front = await startFront(new URL(local.url), local.token);
  let issued = 0;
  const boxlite = new BoxLite({ baseUrl: front.url, token: () => `token-${++issued}` });
  const box = await boxlite.boxes.create();
  const execution = await box.exec("sh", ["-c", "echo before; read line; echo after $line"]);
  const reader = execution.stdout.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("before\n");
  const events: ExecutionEvent[] = [];
  const watched = execution.events.pipeTo(new WritableStream({ write: (event) => void events.push(event) }));

  front.valid = "token-2";
  for (const socket of front.sockets) socket.destroy();
  await expect.poll(() => events.filter(({ type }) => type === "connected").length).toBe(2);
  const writer = execution.stdin.getWriter();
  await writer.write(new TextEncoder().encode("x\n"));
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("after x\n");
  expect(await execution.exit).toMatchObject({ exitCode: 0, complete: true });
  await watched;
  expect(issued).toBe(2);
  expect(front.refused.every((line) => /^(WS attach|GET \S+)$/.test(line))).toBe(true);
  expect(front.refused.length).toBeGreaterThan(0);
  front.close();
  await local.close();
});

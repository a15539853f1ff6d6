import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { boxAnswer } from "../client/scripted-server.ts";

/** What the server does with one attach: refuses the upgrade, or plays a scene on the socket. */
export type Scene = { readonly refuse: number; readonly body?: string } | ((socket: SceneSocket) => void);

/** A socket as a scene uses it. */
export interface SceneSocket {
  stdout(text: string): void;
  stderr(text: string): void;
  text(message: object): void;
  exit(code: number): void;
  close(code?: number): void;
  /** Cuts it without a close frame. */
  cut(): void;
  /** Resolves with the next message of the client: text as it is, binary as text with "stdin:" before it, a ping as "ping". */
  next(): Promise<string>;
  /** Resolves when the client has closed it. */
  readonly closed: Promise<string>;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  /** Method and path of every request, upgrades included, in order. */
  readonly requests: string[];
  /** The scenes of the attaches, in order; the last one is played again. */
  scenes: Scene[];
  /** Whether pings are answered. */
  pongs: boolean;
  /** The execution that the box's own attach names; undefined: none. */
  mainSession: string | undefined;
  /** What the status says. */
  status: { readonly code: number; readonly body: unknown };
}

/** A BoxLite server that answers what it is told: box `box1`, execution `exec-9`. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: string[] = [];
  const http = createServer(answer);
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false, autoPong: false });
  const server: ScriptedServer = {
    url: "",
    requests,
    scenes: [],
    pongs: true,
    mainSession: undefined,
    status: { code: 200, body: { execution_id: "exec-9", status: "running" } },
    async [Symbol.asyncDispose]() {
      for (const socket of upgrades.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    requests.push(`${request.method} ${request.url}`);
    const say = (code: number, body: unknown) => {
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.url === "/v1/me")
      say(200, { sub: "local-anonymous", principal_type: "service_account", scopes: [] });
    else if (request.url?.endsWith("/exec")) say(201, { execution_id: "exec-9" });
    else if (request.url?.includes("/executions/")) say(server.status.code, server.status.body);
    else say(200, boxAnswer("box1"));
  }

  upgrades.on("headers", (lines, { url }) => {
    const isMain = url === "/v1/boxes/box1/attach";
    if (isMain && server.mainSession !== undefined) {
      lines.push(`x-boxlite-execution-id: ${server.mainSession}`);
    }
  });
  let attaches = 0;
  http.on("upgrade", (request: IncomingMessage, socket, head: Buffer) => {
    requests.push(`WS ${request.url}`);
    const scene = server.scenes[Math.min(attaches, server.scenes.length - 1)];
    attaches += 1;
    if (scene === undefined || typeof scene === "object") {
      const body = scene?.body ?? "";
      socket.end(
        `HTTP/1.1 ${scene?.refuse ?? 500} No\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    upgrades.handleUpgrade(request, socket, head, (opened) => {
      opened.on("ping", () => {
        if (server.pongs) opened.pong();
      });
      scene(createSceneSocket(opened));
    });
  });

  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return Object.assign(server, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
}

function createSceneSocket(socket: WebSocket): SceneSocket {
  const arrived: string[] = [];
  const waiting: ((message: string) => void)[] = [];
  const arrive = (message: string) => {
    const waiter = waiting.shift();
    if (waiter === undefined) arrived.push(message);
    else waiter(message);
  };
  socket.on("message", (data: Buffer, isBinary) => arrive(isBinary ? `stdin:${data}` : `${data}`));
  socket.on("ping", () => arrive("ping"));
  const output = (channel: number, text: string) =>
    socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
  return {
    stdout: (text) => output(1, text),
    stderr: (text) => output(2, text),
    text: (message) => socket.send(JSON.stringify(message)),
    exit: (code) => socket.send(JSON.stringify({ type: "exit", exit_code: code })),
    close: (code) => socket.close(code),
    cut: () => socket.terminate(),
    closed: new Promise((resolve) => socket.on("close", () => resolve("closed"))),
    next() {
      const message = arrived.shift();
      return message === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(message);
    },
  };
}

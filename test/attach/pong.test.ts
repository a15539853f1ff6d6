import { EventEmitter, once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { answerPings } from "../../src/attach/sockets/pong.ts";

test("a ping is answered with its data, unless the answers pile up", () => {
  const answers: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    bufferedAmount: 0,
    pong: (data: Buffer) => answers.push(`${data}`),
  });
  // biome-ignore lint/suspicious/noExplicitAny: an emitter is all of a socket that is listened to.
  answerPings(socket as any);
  socket.emit("ping", Buffer.from("one"));
  socket.bufferedAmount = 64 * 1024;
  socket.emit("ping", Buffer.from("two"));
  socket.bufferedAmount = 1_000;
  socket.emit("ping", Buffer.from("three"));
  expect(answers).toEqual(["one", "three"]);
});

test("there is one answer to each ping", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", autoPong: false });
  await once(server, "listening");
  server.on("connection", answerPings);
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(client, "open");
  const pongs: string[] = [];
  client.on("pong", (data) => pongs.push(`${data}`));
  for (const data of ["a", "b", "c"]) client.ping(data);
  const closed = once(client, "close");
  client.close();
  await closed;
  server.close();
  expect(pongs).toEqual(["a", "b", "c"]);
});

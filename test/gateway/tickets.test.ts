import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import {
  createTicketStore,
  newTicket,
  TICKET_LIFETIME,
  type TicketStore,
} from "../../src/gateway/tickets.ts";
import { ask, messageOf, type RunningGateway, startGateway } from "./setting.ts";
import "./patience.ts";

const GRANT = { path: "/boxes/b/executions/e/attach", origin: "https://app.example" };

describe("the store", () => {
  test("a ticket is good once, and for its time", () => {
    let now = 0;
    const store = createTicketStore(() => now);
    store.put("a", GRANT, TICKET_LIFETIME);
    store.put("b", GRANT, TICKET_LIFETIME);
    now = TICKET_LIFETIME - 1;
    expect(store.take("a")).toEqual(GRANT);
    expect(store.take("a")).toBeUndefined();
    now = TICKET_LIFETIME;
    expect(store.take("b")).toBeUndefined();
    expect(store.take("never given out")).toBeUndefined();
  });

  test("it is bounded: the oldest goes, and what is too old goes first", () => {
    let now = 0;
    const store = createTicketStore(() => now, 2);
    store.put("a", GRANT, 100);
    store.put("b", GRANT, 100);
    store.put("c", GRANT, 100);
    expect(store.take("a")).toBeUndefined();
    expect(store.take("b")).toEqual(GRANT);
    now = 100;
    store.put("d", GRANT, 100);
    expect(store.take("d")).toEqual(GRANT);
  });

  test("a ticket is 256 bits, fit for a subprotocol", () => {
    const tickets = Array.from({ length: 100 }, newTicket);
    expect(new Set(tickets).size).toBe(100);
    for (const ticket of tickets) expect(ticket).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});

describe("an attach with a ticket", () => {
  const APP = "https://app.example";
  const PATH = "/api/v1/boxes/b/executions/e/attach";
  let upstream: Server;
  let gateway: RunningGateway;
  let now: number;
  let asked: string[];

  beforeEach(async () => {
    upstream = createServer();
    const sockets = new WebSocketServer({ server: upstream, handleProtocols: () => false });
    sockets.on("connection", (socket, request) => {
      asked.push(request.url ?? "");
      socket.close(1000);
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    now = 0;
    asked = [];
    gateway = await startWith(createTicketStore(() => now));
  });
  afterEach(async () => {
    await gateway[Symbol.asyncDispose]();
    upstream.closeAllConnections();
    upstream.close();
  });

  const startWith = (tickets: TicketStore) =>
    startGateway({
      target: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      origins: [APP, "https://other.example"],
      tickets,
      authorize: ({ headers }) =>
        headers.get("authorization") === "Bearer session" ? { allow: true, boxes: ["b"] } : { allow: false },
    });

  async function ticketFor(path: string): Promise<string> {
    const answer = await ask(gateway.url, "POST", path, { origin: APP, authorization: "Bearer session" });
    expect(answer.status).toBe(201);
    return JSON.parse(answer.body).ticket;
  }

  /** The close code; the reason for one that was refused. */
  function attach(ticket: string | undefined, path = PATH, origin = APP): Promise<string> {
    const protocols = ["boxlite-gateway.v1", ...(ticket === undefined ? [] : [`boxlite-ticket.${ticket}`])];
    const socket = new WebSocket(gateway.url.replace("http", "ws") + path, protocols, { origin });
    return new Promise((resolve) => {
      socket.on("open", () => expect(socket.protocol).toBe("boxlite-gateway.v1"));
      socket.on("error", ({ message }) => resolve(message));
      socket.on("close", (code, reason) => resolve(`${code} ${reason}`));
    });
  }

  test("goes through once; nobody is asked again", async () => {
    const ticket = await ticketFor(PATH);
    expect(await attach(ticket)).toBe("1000 ");
    expect(asked).toEqual(["/v1/boxes/b/executions/e/attach"]);
    expect(await attach(ticket)).toMatch(/^4401 The ticket is used up/);
    expect(asked).toHaveLength(1);
  });

  test("too old, another attach's, another page's or made up, it is none, and it is used up by the attempt", async () => {
    const old = await ticketFor(PATH);
    now = TICKET_LIFETIME;
    expect(await attach(old)).toMatch(/^4401 /);
    const otherExecution = await ticketFor(PATH.replace("/e/", "/f/"));
    expect(await attach(otherExecution)).toMatch(/^4401 /);
    expect(await attach(otherExecution, PATH.replace("/e/", "/f/"))).toMatch(/^4401 /);
    expect(await attach(await ticketFor(PATH), PATH, "https://other.example")).toMatch(/^4401 /);
    expect(await attach(newTicket())).toMatch(/^4401 /);
    expect(await attach("")).toMatch(/^4401 /);
    expect(await attach(undefined)).toMatch(/^4401 /);
    expect(asked).toEqual([]);
  });

  test("does not help a page that may not be here at all", async () => {
    expect(await attach(await ticketFor(PATH), PATH, "https://hostile.example")).toBe(
      "Unexpected server response: 403",
    );
    expect(asked).toEqual([]);
  });

  test("is given to nobody who may not attach", async () => {
    const headers = { origin: APP };
    expect((await ask(gateway.url, "POST", PATH, headers)).status).toBe(401);
    const signedIn = { ...headers, authorization: "Bearer session" };
    expect((await ask(gateway.url, "POST", PATH.replace("/b/", "/c/"), signedIn)).status).toBe(403);
    const hostile = await ask(gateway.url, "POST", PATH, { ...signedIn, origin: "https://hostile.example" });
    expect(hostile.status).toBe(403);
    expect(messageOf(hostile)).toContain("Origin");
    expect(asked).toEqual([]);
  });
});

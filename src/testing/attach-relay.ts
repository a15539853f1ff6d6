import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { answerUpgrade, relayRefusal, responseHead } from "./answer.ts";
import {
  type AttachFaults,
  type CutKind,
  needsEditing,
  type Stop,
  stopAfterOpen,
  stopBeforeOpen,
} from "./faults.ts";
import { createFrameEditor } from "./frame-editor.ts";
import { createFrameMeter, type Passed } from "./frame-meter.ts";
import { closeFrame } from "./frame-scanner.ts";
import { createLine, type Line } from "./line.ts";
import { requestTarget, unreachable } from "./target.ts";

export interface AttachOptions {
  readonly target: URL;
  readonly request: IncomingMessage;
  readonly client: Socket;
  /** What the client sent right behind its upgrade request. */
  readonly head: Buffer;
  readonly faults: AttachFaults;
  /** Milliseconds that come on top of the faults' own; see `delay`. */
  readonly latency: number;
  readonly onEvent: (event: RelayEvent) => void;
}

export type RelayEvent =
  | { readonly type: "open" }
  | { readonly type: "refused"; readonly status: number; readonly by: "proxy" | "target" }
  | ({ readonly type: "cut" | "silenced" | "closed" } & Passed);

export interface AttachRelay {
  /** The client has an open WebSocket (a silent one included). */
  readonly open: boolean;
  /** Severs the connection now. False: there was nothing left to sever. */
  cut(how: "fin" | "rst"): boolean;
  /** From now on everything is late by so many milliseconds, on top of the faults' own. */
  delay(latency: number): void;
  /** Nothing passes any more. False: nothing passed before. */
  silence(): boolean;
  /** Destroys what is left of it. */
  destroy(): void;
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<void>;
}

/**
 * - `handshake`: the target has not answered the upgrade.
 * - `refused`: the target's answer, or the proxy's own, is on its way to the client.
 * - `open`: bytes pass.
 * - `silent`: the client's connection is kept, nothing passes.
 * - `cut`: the client's connection is being ended.
 */
type State = "handshake" | "refused" | "open" | "silent" | "cut";

const NOTHING = Buffer.alloc(0);

/** Relays one upgrade and the connection that follows from it, with its faults. */
export function relayAttach(options: AttachOptions): AttachRelay {
  const { target, request, client, head, faults, onEvent } = options;
  const flow = needsEditing(faults) ? createFrameEditor(faults) : createFrameMeter();
  let latency = (faults.latency ?? 0) + options.latency;
  const bandwidth = faults.bandwidth ?? Number.POSITIVE_INFINITY;
  const down = createLine(client, { latency, bandwidth, onReady: () => server?.resume() });
  const early: Buffer[] = head.length > 0 ? [head] : [];
  let state: State = "handshake";
  let opened = false;
  let server: Socket | undefined;
  let serverClosed: Promise<void> | undefined;
  let up: Line | undefined;

  const upgrade = requestTarget(target, request, true);
  const clientClosed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  const upgradeClosed = new Promise<void>((resolve) => upgrade.once("close", () => resolve()));
  // By then it is known whether there is a connection to the target.
  const closed = Promise.all([clientClosed, upgradeClosed]).then(() => serverClosed);

  function onOpen(socket: Socket, response: IncomingMessage, first: Buffer): void {
    server = socket;
    serverClosed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", onServerError);
    if (state === "cut") {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    socket.on("data", onServerData);
    socket.on("end", onServerEnd);
    up = createLine(socket, { latency, bandwidth: Number.POSITIVE_INFINITY, onReady: () => client.resume() });
    if (state === "silent") return;
    const beforeOpen = stopBeforeOpen(faults);
    if (beforeOpen) {
      stopAt(beforeOpen);
      return;
    }
    state = "open";
    opened = true;
    down.push(responseHead(101, response.statusMessage, response.rawHeaders));
    onEvent({ type: "open" });
    const afterOpen = stopAfterOpen(faults);
    if (afterOpen) {
      stopAt(afterOpen);
      return;
    }
    for (const bytes of early.splice(0)) up.push(bytes);
    if (first.length > 0) onServerData(first);
    client.resume();
  }

  function onServerData(chunk: Buffer): void {
    if (state !== "open") return;
    const { bytes, stop } = flow.pass(chunk);
    if (bytes.length > 0 && !down.push(bytes)) server?.pause();
    if (stop) stopAt(stop);
  }

  function onServerEnd(): void {
    if (state === "open") down.finish(() => client.end());
  }

  function onServerError(): void {
    if (state === "open") down.finish(() => reset());
  }

  function onClientData(chunk: Buffer): void {
    if (state === "handshake") {
      // A WebSocket client waits for the answer before it sends. If this one doesn't, one chunk is enough to hold.
      early.push(chunk);
      client.pause();
    } else if (state === "open" && up && !up.push(chunk)) {
      client.pause();
    }
  }

  function onClientEnd(): void {
    if (state === "open") up?.finish(() => server?.end());
    else if (state === "handshake" || state === "silent") destroy();
  }

  function onClientClose(hadError: boolean): void {
    if (state !== "refused") onEvent({ type: "closed", ...flow.passed });
    down.drop();
    // Without an error both ends have said all they had to, and the server may still be taking in the last of it.
    if (state !== "open" || hadError) destroy();
  }

  /** Resets the client's connection when TCP has all that was written before. */
  function reset(): void {
    client.write(NOTHING, () => client.resetAndDestroy());
  }

  function stopAt(stop: Stop): void {
    if (stop === "silence") fallSilent();
    else sever(stop.cut);
  }

  function sever(how: CutKind): void {
    detach();
    onEvent({ type: "cut", ...flow.passed });
    down.finish(() => {
      if (how === "rst") reset();
      else if (how === "fin" || !opened) client.end();
      else client.end(closeFrame(how.close));
    });
  }

  function fallSilent(): void {
    state = "silent";
    up?.drop();
    server?.resume();
    client.resume();
    onEvent({ type: "silenced", ...flow.passed });
  }

  /** Lets go of the server; what the client still sends is read and discarded, so that its end is seen. */
  function detach(): void {
    state = "cut";
    up?.drop();
    upgrade.destroy();
    server?.destroy();
    client.resume();
  }

  function destroy(): void {
    up?.drop();
    down.drop();
    upgrade.destroy();
    server?.destroy();
    client.destroy();
  }

  client.setNoDelay(true);
  client.on("data", onClientData);
  client.on("end", onClientEnd);
  client.on("error", () => {});
  client.on("close", onClientClose);
  upgrade.on("upgrade", (response, socket, first) => {
    onOpen(socket, response, first);
  });
  upgrade.on("response", (response) => {
    if (state !== "handshake") {
      response.resume();
      return;
    }
    state = "refused";
    onEvent({ type: "refused", status: response.statusCode ?? 502, by: "target" });
    relayRefusal(client, response);
    client.resume();
  });
  upgrade.on("error", (error) => {
    if (state !== "handshake" || client.destroyed) return;
    state = "refused";
    onEvent({ type: "refused", status: 502, by: "proxy" });
    answerUpgrade(client, { status: 502, body: unreachable(target, error) });
    client.resume();
  });
  upgrade.end();

  return {
    get open() {
      return opened && (state === "open" || state === "silent") && !client.destroyed;
    },
    cut(how) {
      if (state === "cut" || state === "refused" || client.destroyed) return false;
      detach();
      onEvent({ type: "cut", ...flow.passed });
      down.drop();
      if (how === "rst") client.resetAndDestroy();
      else client.end();
      return true;
    },
    delay(added) {
      latency = (faults.latency ?? 0) + added;
      down.delay(latency);
      up?.delay(latency);
    },
    silence() {
      if ((state !== "open" && state !== "handshake") || client.destroyed) return false;
      down.drop();
      fallSilent();
      return true;
    },
    destroy,
    closed,
  };
}

import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { takesAnswers } from "../attach/sockets/pong.ts";
import { parseControl } from "./control.ts";
import type { Dialect } from "./dialect.ts";
import type { Execution } from "./execution.ts";
import { sendOutput } from "./output-pump.ts";
import type { LocalServerTimes } from "./times.ts";

export interface AttachSettings {
  readonly dialect: Dialect;
  readonly times: LocalServerTimes;
  /** serve's `?stdin=0`: the client may watch and nothing else. */
  readonly readOnly: boolean;
  /** What is beneath the WebSocket. */
  readonly connection: Duplex;
}

/** Serves one client until its socket is closed, by whichever side. The slot is then free again. */
export function attach(socket: WebSocket, execution: Execution, settings: AttachSettings): void {
  execution.attached();
  const stopKeepalive = keepAlive(socket, settings);
  const output = sendOutput(socket, execution, settings);
  readClient(socket, execution, settings);
  // Broken frames and resets: ws closes the socket itself, with the fitting code.
  socket.on("error", () => {});
  socket.once("close", () => {
    stopKeepalive();
    output.stop();
    execution.release();
  });
}

/**
 * Pings at the interval. The runner also gives up a client that is not heard for the deadline, so that a connection
 * that is dead without a word does not hold the slot.
 */
function keepAlive(socket: WebSocket, { dialect, times }: AttachSettings): () => void {
  const ping = () => {
    if (socket.readyState === socket.OPEN) socket.ping();
  };
  const pings = setInterval(ping, times.pingInterval);
  if (dialect === "serve") {
    ping();
    return () => clearInterval(pings);
  }
  const deadline = setTimeout(() => {
    // While we do not read the client, because its process is slow to, silence is ours.
    if (socket.isPaused) return deadline.refresh();
    socket.close(1001);
    socket.terminate();
  }, times.pongDeadline);
  const heard = () => deadline.refresh();
  socket.on("pong", heard);
  socket.on("ping", heard);
  socket.on("message", heard);
  return () => {
    clearInterval(pings);
    clearTimeout(deadline);
  };
}

function readClient(socket: WebSocket, execution: Execution, settings: AttachSettings): void {
  const handle = settings.readOnly ? watcher(socket) : controller(socket, execution, settings.dialect);
  socket.on("message", (data, isBinary) => {
    // What still arrives behind a Close of ours is not for the process.
    if (socket.readyState !== socket.OPEN) return;
    if (isBinary) handle.stdin(toBytes(data));
    else handle.control(toBytes(data).toString());
  });
}

interface ClientHandler {
  stdin(bytes: Buffer): void;
  control(text: string): void;
}

function controller(socket: WebSocket, execution: Execution, dialect: Dialect): ClientHandler {
  return {
    stdin(bytes) {
      if (bytes.length === 0) return;
      if (execution.stdinClosed) {
        if (dialect === "runner") sendError(socket, "stdin write failed: stdin is closed");
        return;
      }
      if (execution.writeStdin(bytes)) return;
      socket.pause();
      void execution.whenStdinDrained().then(() => socket.resume());
    },
    control(text) {
      const control = parseControl(text, dialect);
      switch (control.type) {
        case "resize":
          try {
            execution.resize(control.cols, control.rows);
          } catch (error) {
            sendError(socket, `resize failed: ${error instanceof Error ? error.message : error}`);
          }
          return;
        case "signal":
          if (!execution.signal(control.signal))
            sendError(socket, "signal failed: the execution has finished");
          return;
        case "stdin_eof":
          execution.closeStdin();
          return;
        case "invalid":
          sendError(socket, control.reason);
      }
    },
  };
}

/** Refuses input for good, and each kind of control frame once with a word. */
function watcher(socket: WebSocket): ClientHandler {
  const told = new Set<string>();
  const refuse = (kind: string) => {
    if (told.has(kind)) return;
    told.add(kind);
    sendError(socket, `this attach is read-only: ${kind} is not accepted`, "read_only_attach");
  };
  return {
    stdin(bytes) {
      if (bytes.length === 0) return;
      refuse("stdin");
      socket.close(1008, "read-only attach");
    },
    control(text) {
      const control = parseControl(text, "serve");
      if (control.type === "invalid") sendError(socket, control.reason);
      else refuse(control.type);
    },
  };
}

function sendError(socket: WebSocket, message: string, code?: string): void {
  if (!takesAnswers(socket)) return;
  socket.send(JSON.stringify({ type: "error", message, ...(code === undefined ? {} : { code }) }));
}

function toBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

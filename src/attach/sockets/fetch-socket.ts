import { messageOf, refusalOf } from "./refusal.ts";
import type { OpeningSocket, SocketListener, WebSocketInit, WebSocketLike } from "./socket.ts";
import { listenToStandardSocket } from "./standard-socket.ts";

/** A socket as Cloudflare's Workers give it with the answer to an upgrade. */
interface WorkerSocket extends WebSocketLike {
  accept(): void;
}

/** A socket that has to be listened to before it is there. */
export interface FetchSocket extends OpeningSocket {
  listen(listener: SocketListener): void;
}

/** Whether `fetch` opens sockets here: the constructor of Workers takes no headers. */
export function hasFetchSockets(): boolean {
  return "WebSocketPair" in globalThis;
}

/** Opens a socket by `fetch`, which takes headers, and tells the status of an upgrade that is refused. */
export function openByFetch(url: string, { headers, protocols }: WebSocketInit): FetchSocket {
  const upgrade = new Headers({ ...headers, upgrade: "websocket" });
  if (protocols.length > 0) upgrade.set("sec-websocket-protocol", protocols.join(", "));
  const given = new AbortController();
  const answer = fetch(url.replace(/^ws/, "http"), {
    headers: upgrade,
    redirect: "manual",
    signal: given.signal,
  });
  let socket: WorkerSocket | undefined;
  let protocol = "";
  return {
    get readyState() {
      return socket?.readyState ?? 0;
    },
    get bufferedAmount() {
      // Older runtimes have none.
      return socket?.bufferedAmount ?? 0;
    },
    get protocol() {
      return protocol;
    },
    send: (data) => socket?.send(data),
    close(code, reason) {
      given.abort();
      socket?.close(code, reason);
    },
    listen({ handlers, executionId }) {
      answer.then(
        async (response) => {
          if (!hasSocket(response)) {
            const message = refusalOf(await response.text().catch(() => ""), headers);
            return handlers.closed({ kind: "refused", status: response.status, message });
          }
          const opened = response.webSocket;
          if (given.signal.aborted) {
            // Closed while the answer was under way.
            opened.accept();
            return opened.close(1000);
          }
          protocol = response.headers.get("sec-websocket-protocol") ?? "";
          const id = response.headers.get("x-boxlite-execution-id");
          if (id) executionId?.(id);
          socket = opened;
          // It is open already, and says nothing until it is accepted.
          const open = listenToStandardSocket(opened, handlers);
          opened.accept();
          open();
        },
        (error: unknown) => handlers.closed({ kind: "failed", message: messageOf(error) }),
      );
    },
  };
}

function hasSocket(response: Response): response is Response & { readonly webSocket: WorkerSocket } {
  return "webSocket" in response && Boolean(response.webSocket);
}

import { GATEWAY_FRAME, GATEWAY_PROTOCOL, REFUSED_CLOSE } from "../gateway/protocol.ts";
import type { ConnectionHandlers } from "./transport.ts";

/** What a connection through a gateway says besides the server's messages, taken out of them. */
export interface GatewayLink {
  readonly handlers: ConnectionHandlers;
  /** The gateway asks to hold stdin back. */
  readonly held: boolean;
}

/**
 * Listens for a gateway that has accepted its subprotocol: the connection is open when it says so, and one that it closes
 * before was refused, with the status that is in the close code. Other connections pass as they are.
 */
export function listenForGateway(
  protocol: () => string | undefined,
  handlers: ConnectionHandlers,
  executionId: (id: string) => void = () => {},
): GatewayLink {
  let opened = false;
  let held = false;
  const open = () => {
    opened = true;
    handlers.opened();
  };
  return {
    get held() {
      return held;
    },
    handlers: {
      opened() {
        if (protocol() !== GATEWAY_PROTOCOL) open();
      },
      heard: handlers.heard,
      dropped: handlers.dropped,
      message(data) {
        if (typeof data !== "string" || !data.startsWith(GATEWAY_FRAME) || protocol() !== GATEWAY_PROTOCOL) {
          handlers.message(data);
          return;
        }
        const event = data.slice(GATEWAY_FRAME.length).split('"', 1)[0];
        if (event === "open") {
          const id = executionIdOf(data);
          if (id !== undefined) executionId(id);
          open();
        } else if (event === "dropped") {
          const { stream, bytes } = fieldsOf(data);
          if ((stream === "stdout" || stream === "stderr") && typeof bytes === "number" && bytes > 0)
            handlers.dropped(stream, bytes);
          else handlers.message(data);
        } else if (event === "hold" || event === "resume") {
          held = event === "hold";
        }
      },
      closed(cause) {
        if (opened || cause.kind !== "closed") return handlers.closed(cause);
        const { code, message } = cause;
        const status = code - REFUSED_CLOSE;
        handlers.closed(
          status >= 400 && status < 600
            ? { kind: "refused", status, message }
            : { kind: "failed", message: message || `closed with ${code}` },
        );
      },
    },
  };
}

/** The execution that a gateway's first frame names, as it does for a box's main process. */
function executionIdOf(frame: string): string | undefined {
  const { execution_id } = fieldsOf(frame);
  return typeof execution_id === "string" && execution_id !== "" ? execution_id : undefined;
}

function fieldsOf(frame: string): Record<string, unknown> {
  try {
    return JSON.parse(frame);
  } catch {
    // A server may say what begins like a gateway's frame.
    return {};
  }
}

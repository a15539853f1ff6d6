import type { Connection, ConnectionHandlers, Disconnect, Transport } from "./transport.ts";

/** A connection that is opened before there is anybody to follow it. */
export interface OpenedAhead {
  /** Resolves once it is open: with null, or with why it never will be. */
  readonly opened: Promise<Disconnect | null>;
  /** Hands it over, with all that it has heard meanwhile. */
  adopt(handlers: ConnectionHandlers): Connection;
  discard(): void;
}

export function openAhead(transport: Transport): OpenedAhead {
  const heard: ((handlers: ConnectionHandlers) => void)[] = [];
  let adopter: ConnectionHandlers | null = null;
  let settle: (cause: Disconnect | null) => void = () => {};
  const opened = new Promise<Disconnect | null>((resolve) => {
    settle = resolve;
  });
  const pass = (tell: (handlers: ConnectionHandlers) => void) => {
    if (adopter === null) heard.push(tell);
    else tell(adopter);
  };
  const connection = transport.open({
    opened() {
      pass((handlers) => handlers.opened());
      settle(null);
    },
    message: (data) => pass((handlers) => handlers.message(data)),
    dropped: (stream, bytes) => pass((handlers) => handlers.dropped(stream, bytes)),
    heard: () => pass((handlers) => handlers.heard()),
    closed(cause) {
      pass((handlers) => handlers.closed(cause));
      settle(cause);
    },
  });
  return {
    opened,
    adopt(handlers) {
      // Not at once: no handler is called before a transport's `open` has returned.
      opened.then(() => {
        for (const tell of heard) tell(handlers);
        adopter = handlers;
      });
      return connection;
    },
    discard: () => connection.discard(),
  };
}

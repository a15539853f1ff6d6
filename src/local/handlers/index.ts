import type { Route } from "../routes.ts";
import { boxesHandlers, boxHandlers, startHandlers, stopHandlers } from "./boxes.ts";
import { configHandlers, meHandlers } from "./discovery.ts";
import {
  attachHandlers,
  execHandlers,
  executionHandlers,
  resizeHandlers,
  signalHandlers,
} from "./executions.ts";
import { filesHandlers } from "./files.ts";
import { boxMetricsHandlers, metricsHandlers } from "./metrics.ts";
import { cloneHandlers, exportHandlers, importBox } from "./portability.ts";
import { restoreHandlers, snapshotHandlers, snapshotsHandlers } from "./snapshots.ts";
import type { Handlers, ServerState } from "./state.ts";
import { volumesHandlers } from "./volumes.ts";

/** The handlers of a route; none where the dialect does not have it. */
export function handlersFor(state: ServerState, route: Route): Handlers {
  switch (route.name) {
    case "config":
      return configHandlers(state);
    case "me":
      return meHandlers(state);
    case "metrics":
      return metricsHandlers(state);
    case "boxes":
      return boxesHandlers(state);
    case "volumes":
      return serveOnly(state, volumesHandlers(state));
    case "box":
      return boxHandlers(state, route.box);
    case "start":
      return startHandlers(state, route.box);
    case "stop":
      return stopHandlers(state, route.box);
    case "boxMetrics":
      return boxMetricsHandlers(state, route.box);
    case "files":
      return filesHandlers(state, route.box);
    case "exec":
      return execHandlers(state, route.box);
    case "execution":
      return executionHandlers(state, route);
    case "signal":
      return signalHandlers(state, route);
    case "resize":
      return resizeHandlers(state, route);
    case "attach":
      return attachHandlers(state);
    case "import":
      return {
        ...boxHandlers(state, route.box),
        ...serveOnly(state, { POST: (call) => importBox(state, call) }),
      };
    case "snapshots":
      return serveOnly(state, snapshotsHandlers(state, route.box));
    case "snapshot":
      return serveOnly(state, snapshotHandlers(state, route));
    case "restore":
      return serveOnly(state, restoreHandlers(state, route));
    case "clone":
      return serveOnly(state, cloneHandlers(state, route.box));
    case "export":
      return serveOnly(state, exportHandlers(state, route.box));
  }
}

function serveOnly({ dialect }: ServerState, handlers: Handlers): Handlers {
  return dialect === "serve" ? handlers : {};
}

import type { Box } from "../boxes.ts";
import { json, refuse } from "../refusal.ts";
import { type Handlers, requireBox, type ServerState } from "./state.ts";

/** Those of the whole server, which the cloud does not tell. */
export function metricsHandlers({ dialect, boxes, counters }: ServerState): Handlers {
  if (dialect === "runner") return {};
  return {
    GET: () =>
      json(200, {
        boxes_created_total: counters.boxesCreated,
        // A directory does not fail to boot.
        boxes_failed_total: 0,
        boxes_stopped_total: counters.boxesStopped,
        num_running_boxes: boxes.list().filter(({ status }) => status === "running").length,
        total_commands_executed: counters.commands,
        total_exec_errors: counters.execErrors,
      }),
  };
}

export function boxMetricsHandlers(state: ServerState, segment: string): Handlers {
  const { dialect } = state;
  return {
    GET: () => {
      const box = requireBox(state, segment);
      if (dialect === "serve" && box.status === "stopped") throw refuse.boxStopped(dialect, segment);
      const { counters } = box;
      return json(200, {
        commands_executed_total: counters.commands,
        exec_errors_total: counters.execErrors,
        bytes_sent_total: counters.bytesSent,
        bytes_received_total: counters.bytesReceived,
        cpu_percent: null,
        memory_bytes: null,
        network_bytes_sent: null,
        network_bytes_received: null,
        network_tcp_connections: null,
        network_tcp_errors: null,
        ...(dialect === "serve" ? serveTiming(box) : { create_duration_ms: 0, boot_duration_ms: 0 }),
      });
    },
  };
}

/** The stages that a box has here take no time; images and guests there are none. */
function serveTiming(box: Box): Record<string, unknown> {
  if (!box.booted) return {};
  return {
    boot_timing: {
      total_create_ms: 0,
      guest_boot_ms: 0,
      filesystem_setup_ms: 0,
      image_prepare_ms: null,
      guest_rootfs_ms: null,
      box_config_ms: 0,
      box_spawn_ms: 0,
      container_init_ms: null,
    },
  };
}

import { fields, number, optional } from "./fields.ts";

/** Counters of the whole server, since it started. Which ones there are differs. */
export interface RuntimeMetrics {
  readonly boxesCreatedTotal?: number;
  /** Boxes that failed to start. */
  readonly boxesFailedTotal?: number;
  readonly boxesStoppedTotal?: number;
  readonly numRunningBoxes?: number;
  readonly totalCommandsExecuted?: number;
  readonly totalExecErrors?: number;
}

/** Milliseconds of the stages of a box's start. */
export interface BootTiming {
  /** From the request to the box being ready. */
  readonly totalCreateMs?: number;
  readonly guestBootMs?: number;
  readonly filesystemSetupMs?: number;
  readonly imagePrepareMs?: number;
  readonly guestRootfsMs?: number;
  readonly boxConfigMs?: number;
  readonly boxSpawnMs?: number;
  readonly containerInitMs?: number;
}

/** What a box uses, and counters since it was created. Which fields there are differs by server. */
export interface BoxMetrics {
  readonly commandsExecutedTotal?: number;
  readonly execErrorsTotal?: number;
  /** Bytes of stdin. */
  readonly bytesSentTotal?: number;
  /** Bytes of stdout and stderr. */
  readonly bytesReceivedTotal?: number;
  /** 0 to 100. */
  readonly cpuPercent?: number;
  readonly memoryBytes?: number;
  /** From the server to the box. */
  readonly networkBytesSent?: number;
  readonly networkBytesReceived?: number;
  readonly networkTcpConnections?: number;
  readonly networkTcpErrors?: number;
  readonly bootTiming?: BootTiming;
}

export const RuntimeMetricsSchema = fields({
  boxes_created_total: optional(number),
  boxes_failed_total: optional(number),
  boxes_stopped_total: optional(number),
  num_running_boxes: optional(number),
  total_commands_executed: optional(number),
  total_exec_errors: optional(number),
});

const BootTimingSchema = fields({
  total_create_ms: optional(number),
  guest_boot_ms: optional(number),
  filesystem_setup_ms: optional(number),
  image_prepare_ms: optional(number),
  guest_rootfs_ms: optional(number),
  box_config_ms: optional(number),
  box_spawn_ms: optional(number),
  container_init_ms: optional(number),
});

export const BoxMetricsSchema = fields({
  commands_executed_total: optional(number),
  exec_errors_total: optional(number),
  bytes_sent_total: optional(number),
  bytes_received_total: optional(number),
  cpu_percent: optional(number),
  memory_bytes: optional(number),
  network_bytes_sent: optional(number),
  network_bytes_received: optional(number),
  network_tcp_connections: optional(number),
  network_tcp_errors: optional(number),
  boot_timing: optional(BootTimingSchema),
});

import * as v from "valibot";
import { fields, flag, number, optional, text } from "./fields.ts";

/**
 * What the server says it can do. The contract has every field; today's servers send the first six at most, which are the ones
 * that the client relies on. What is missing is not advertised.
 */
export interface Capabilities {
  /** Linux capabilities of a new box: `boxes.create({ advanced })`. */
  readonly linuxCapabilitiesEnabled?: boolean;
  readonly snapshotsEnabled?: boolean;
  readonly cloneEnabled?: boolean;
  readonly exportEnabled?: boolean;
  readonly importEnabled?: boolean;
  /** `box.setInbound()`. */
  readonly inboundUpdateEnabled?: boolean;
  readonly ttyEnabled?: boolean;
  readonly streamingEnabled?: boolean;
  /** Per box. */
  readonly maxCpus?: number;
  readonly maxMemoryMib?: number;
  readonly maxDiskSizeGb?: number;
  readonly maxBoxesPerPathPrefix?: number;
  /** Per box. */
  readonly maxConcurrentExecutions?: number;
  readonly fileTransferMaxBytes?: number;
  readonly execTimeoutMaxSeconds?: number;
  readonly supportedSecurityPresets?: readonly string[];
  /** ISO 8601 duration. No server keeps keys today. */
  readonly idempotencyKeyLifetime?: string;
}

/** What boxes get that do not say otherwise. */
export interface ServerDefaults {
  readonly cpus?: number;
  readonly memoryMib?: number;
  readonly diskSizeGb?: number;
  readonly securityPreset?: string;
  /** Seconds; 0: never. */
  readonly autoDelete?: number;
}

export interface ServerConfig {
  readonly capabilities: Capabilities;
  readonly defaults?: ServerDefaults;
  /** What the server decides, whatever a request says. */
  readonly overrides?: Readonly<Record<string, string>>;
}

const CapabilitiesSchema = fields({
  linux_capabilities_enabled: optional(flag),
  snapshots_enabled: optional(flag),
  clone_enabled: optional(flag),
  export_enabled: optional(flag),
  import_enabled: optional(flag),
  inbound_update_enabled: optional(flag),
  tty_enabled: optional(flag),
  streaming_enabled: optional(flag),
  max_cpus: optional(number),
  max_memory_mib: optional(number),
  max_disk_size_gb: optional(number),
  max_boxes_per_path_prefix: optional(number),
  max_concurrent_executions: optional(number),
  file_transfer_max_bytes: optional(number),
  exec_timeout_max_seconds: optional(number),
  supported_security_presets: optional(v.array(v.string())),
  idempotency_key_lifetime: optional(text),
});

const Defaults = fields({
  cpus: optional(number),
  memory_mib: optional(number),
  disk_size_gb: optional(number),
  security_preset: optional(text),
  auto_delete: optional(number),
});

export const Config = v.pipe(
  fields({
    capabilities: optional(CapabilitiesSchema),
    defaults: optional(Defaults),
    overrides: optional(v.record(v.string(), v.string())),
  }),
  v.transform(({ capabilities = {}, ...config }): ServerConfig => ({ capabilities, ...config })),
);

import * as v from "valibot";
import { fields, flag, id, number, optional, text } from "./fields.ts";

/** The states that the servers name today; others may come. */
export type BoxStatus =
  | "configured"
  | "running"
  | "stopping"
  | "stopped"
  | "paused"
  | "failed"
  | "unknown"
  | (string & {});

/**
 * What the server says of a box. What it leaves out is absent, and what this version does not know is kept, under its camelCase
 * name.
 */
export interface BoxInfo {
  /** Given by the server; opaque. */
  readonly id: string;
  readonly name?: string;
  readonly status: BoxStatus;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601: the last change of its state. */
  readonly updatedAt: string;
  /** OCI image reference, or the path of a root file system. */
  readonly image: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Seconds without activity until the server stops the box; 0: never. */
  readonly autoStop?: number;
  /** Seconds without activity until the server pauses the box (the contract's; no server sends it today); 0: never. */
  readonly autoPause?: number;
  /** Seconds after a stop until the server deletes the box; 0: never. */
  readonly autoDelete?: number;
  /** Whether the box starts again when it is used after such a stop. */
  readonly autoResume?: boolean;
  /** The VM's process on the server (`boxlite serve` only). */
  readonly pid?: number;
  /** How the box's main process ended. */
  readonly exitCode?: number;
}

const entries = {
  name: optional(text),
  status: text,
  created_at: text,
  updated_at: text,
  image: text,
  cpus: number,
  memory_mib: number,
  labels: optional(v.record(v.string(), v.string())),
  auto_stop: optional(number),
  auto_pause: optional(number),
  auto_delete: optional(number),
  auto_resume: optional(flag),
  pid: optional(number),
  exit_code: optional(number),
};

export const Box = v.pipe(
  fields({ box_id: id, ...entries }),
  // Behind the rest, for a field `id` that the wire may come to have is not this one.
  v.transform(({ boxId, ...info }): BoxInfo => ({ ...info, id: boxId })),
);

export const BoxPage = fields({ boxes: v.array(Box), next_page_token: optional(text) });

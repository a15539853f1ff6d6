import type { InferOutput } from "valibot";
import type { Box as BoxSchema } from "./schemas.ts";

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

/** What the server says of a box. What it leaves out is null. */
export interface BoxInfo {
  /** Given by the server; opaque. */
  readonly id: string;
  readonly name: string | null;
  readonly status: BoxStatus;
  readonly image: string | null;
  readonly cpus: number | null;
  readonly memoryMib: number | null;
  /** ISO 8601, as is `updatedAt`. */
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds without activity until the server stops the box; 0: never. */
  readonly autoStop: number | null;
  /** Seconds after a stop until the server deletes the box; 0: never. */
  readonly autoDelete: number | null;
  /** Whether the box starts again when it is used after such a stop. */
  readonly autoResume: boolean | null;
  /** The VM's process on the server (`boxlite serve` only). */
  readonly pid: number | null;
  /** How the box's main process ended. */
  readonly exitCode: number | null;
}

export function toBoxInfo(answer: InferOutput<typeof BoxSchema>): BoxInfo {
  return {
    id: answer.box_id,
    name: answer.name ?? null,
    status: answer.status,
    image: answer.image ?? null,
    cpus: answer.cpus ?? null,
    memoryMib: answer.memory_mib ?? null,
    createdAt: answer.created_at ?? null,
    updatedAt: answer.updated_at ?? null,
    labels: answer.labels ?? {},
    autoStop: answer.auto_stop ?? null,
    autoDelete: answer.auto_delete ?? null,
    autoResume: answer.auto_resume ?? null,
    pid: answer.pid ?? null,
    exitCode: answer.exit_code ?? null,
  };
}

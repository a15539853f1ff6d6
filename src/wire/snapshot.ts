import * as v from "valibot";
import { fields, id, number, optional, text } from "./fields.ts";

/** The disks of a stopped box, kept under a name. */
export interface Snapshot {
  /** Given by the server; opaque. Snapshots are addressed by name. */
  readonly id: string;
  readonly boxId: string;
  /** Unique in the box. */
  readonly name: string;
  /** Seconds since the epoch, as the servers count. */
  readonly createdAt: number;
  /** Bytes of the VM's own disk. Not every `boxlite serve` says it. */
  readonly guestDiskBytes?: number;
  /** Bytes of the container's disk. */
  readonly containerDiskBytes: number;
  /** Bytes of both. */
  readonly sizeBytes: number;
}

export const SnapshotSchema = fields({
  id,
  box_id: text,
  name: text,
  created_at: number,
  guest_disk_bytes: optional(number),
  container_disk_bytes: number,
  size_bytes: number,
});

export const SnapshotPage = fields({
  snapshots: v.array(SnapshotSchema),
  next_page_token: optional(text),
});

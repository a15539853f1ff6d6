import * as v from "valibot";
import { fields, id, number, optional, text } from "./fields.ts";

/** Storage that outlives boxes. */
export interface Volume {
  /** Given by the server; opaque. */
  readonly id: string;
  readonly name?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly sizeBytes?: number;
}

export const VolumeSchema = fields({
  id,
  name: optional(text),
  created_at: text,
  size_bytes: optional(number),
});

export const VolumePage = fields({ volumes: v.array(VolumeSchema), next_page_token: optional(text) });

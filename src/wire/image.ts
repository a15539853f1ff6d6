import * as v from "valibot";
import { fields, id, number, optional, text } from "./fields.ts";

/** An image that the server keeps. */
export interface Image {
  /** The digest of its manifest, e.g. `sha256:…`. */
  readonly id: string;
  /** In full, e.g. `docker.io/library/python:3.11-slim`. */
  readonly reference: string;
  readonly repository: string;
  readonly tag: string;
  /** ISO 8601: when it was pulled. */
  readonly cachedAt: string;
  readonly sizeBytes?: number;
}

export const ImageSchema = fields({
  id,
  reference: text,
  repository: text,
  tag: text,
  cached_at: text,
  size_bytes: optional(number),
});

export const ImagePage = fields({ images: v.array(ImageSchema), next_page_token: optional(text) });

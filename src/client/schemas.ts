import * as v from "valibot";

/**
 * The answers that are read, as far as they are read: unknown fields are ignored, enums are open, and what the servers
 * leave out may be missing or null.
 */

const text = v.nullish(v.string());
const number = v.nullish(v.number());

export const Me = v.object({ path_prefix: text, prefix: text });

export const Box = v.object({
  box_id: v.pipe(v.string(), v.nonEmpty()),
  name: text,
  status: v.string(),
  image: text,
  cpus: number,
  memory_mib: number,
  created_at: text,
  updated_at: text,
  labels: v.nullish(v.record(v.string(), v.string())),
  auto_stop: number,
  auto_delete: number,
  auto_resume: v.nullish(v.boolean()),
  pid: number,
  exit_code: number,
});

export const BoxPage = v.object({ boxes: v.array(Box), next_page_token: text });

export const Started = v.object({ execution_id: v.pipe(v.string(), v.nonEmpty()) });

export const Status = v.object({
  status: v.string(),
  exit_code: v.nullish(v.pipe(v.number(), v.integer())),
  error_message: text,
});

/** A gateway's, for one attach. */
export const Ticket = v.object({ ticket: v.pipe(v.string(), v.nonEmpty()) });

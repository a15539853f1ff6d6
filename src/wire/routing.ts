import { fields, id, optional, text } from "./fields.ts";

/** What of `/v1/me` leads to the right paths, whoever the principal is. `prefix` is its older name. */
export const Routing = fields({
  path_prefix: optional(text),
  prefix: optional(text),
  expires_at: optional(text),
});

/** A gateway's, for one attach. */
export const Ticket = fields({ ticket: id });

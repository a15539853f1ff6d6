import * as v from "valibot";
import { fields, id, optional, text } from "./fields.ts";

/** Who a token belongs to. What the server leaves out is absent. */
export interface Principal {
  /** Opaque; stays the same when names and addresses change. `local-anonymous` on `boxlite serve`. */
  readonly sub: string;
  readonly principalType: "user" | "service_account" | (string & {});
  readonly email?: string;
  readonly displayName?: string;
  /** The tenant's part of the paths. Absent where there is none: `boxlite serve`, or a token without a scope yet. */
  readonly pathPrefix?: string;
  /** What the token allows, e.g. `boxes:read`. */
  readonly scopes: readonly string[];
  /** ISO 8601; absent for a token without an end. */
  readonly expiresAt?: string;
}

export const Me = fields({
  sub: id,
  principal_type: text,
  email: optional(text),
  display_name: optional(text),
  path_prefix: optional(text),
  scopes: v.array(v.string()),
  expires_at: optional(text),
});

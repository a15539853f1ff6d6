/**
 * What is known of the place where a replay joins what was delivered.
 *
 * - `exact`: proved. By `length`: the first frame is a whole backlog that was never trimmed. By `total`: the stream ended
 *   before a backlog could have been trimmed. By `content`: the overlap is 64 bytes or more, and nothing like it was seen
 *   anywhere else.
 * - `provisional`: it fits at byte 0, and nothing proves or refutes that yet. Another verdict follows, at the exit at the latest.
 * - `gap`: bytes are missing, `missing` of them at least (0: perhaps none). `by: "gateway"`: a gateway has dropped them for a page that
 *   is too slow; what follows is no replay.
 * - `ambiguous`: the content fits at several places; `policy` says what was done.
 */
export type Verdict =
  | { readonly kind: "exact"; readonly proof: "length" | "content" | "total" }
  | { readonly kind: "provisional" }
  | { readonly kind: "gap"; readonly missing: number; readonly by?: "gateway" | undefined }
  | { readonly kind: "ambiguous"; readonly policy: AmbiguityPolicy };

/** What is done with bytes that may or may not have been delivered: `repeat` loses none, `skip` repeats none. */
export type AmbiguityPolicy = "repeat" | "skip";

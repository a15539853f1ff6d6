import { secretForms } from "./secret-forms.ts";

/** An HTTP answer with its body read, and what was asked. */
export interface HttpAnswer {
  /** For messages, e.g. `Create box (POST http://127.0.0.1:8100/v1/boxes)`. */
  readonly asked: string;
  /** The operation's name, e.g. `boxes.create`. */
  readonly operation?: string | undefined;
  /** How it was asked, which says whether asking again is safe. Default GET. */
  readonly method?: string | undefined;
  /** Whether some servers lack the operation, so that a 404 may be about it. */
  readonly partial?: boolean;
  /** Whether what was asked names something that may not be there. Default true. */
  readonly naming?: boolean;
  /** 0 for a redirect that a browser does not let see. */
  readonly status: number;
  readonly text: string;
  /** `Content-Type`; "" where there is none. */
  readonly contentType: string;
  /** `X-Request-Id`. */
  readonly requestId?: string | undefined;
  /** `Retry-After` as sent: seconds or a date. */
  readonly retryAfter?: string | undefined;
  /** `Location`. */
  readonly location?: string | undefined;
  /** A gateway passed it on. */
  readonly gateway?: boolean;
  /** The token that was sent: an answer that repeats it is not quoted with it. */
  readonly secret?: string | undefined;
  /** What else was sent that is to be repeated nowhere. */
  readonly secrets?: readonly string[] | undefined;
}

/** Long enough for any message of the servers, short enough for a log line. */
const MAX_QUOTE = 500;

/** Something that the server said, as a message may quote it. */
export function quote(text: string, { secret, secrets = [] }: HttpAnswer): string {
  // In this order: what is cut in two would not be found.
  const safe = redact(text, [
    ...secrets.map((each) => [each, "(secret)"] as const),
    ...(secret === undefined ? [] : [[secret, "(token)"] as const]),
  ]);
  return safe.length > MAX_QUOTE ? `${safe.slice(0, MAX_QUOTE)}…` : safe;
}

/** The longest first, for one may be in another. */
function redact(text: string, hidden: readonly (readonly [string, string])[]): string {
  const forms = hidden
    .filter(([secret]) => secret !== "")
    .flatMap(([secret, name]) => secretForms(secret).map((form) => [form, name] as const))
    .sort(([one], [other]) => other.length - one.length);
  return forms.reduce((safe, [form, name]) => safe.replaceAll(form, name), text);
}

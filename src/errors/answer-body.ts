/** What an answer that is a failure says, in whichever of the servers' shapes. */
export interface FailureBody {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly requestId: string | undefined;
  /** Milliseconds until it may be done: newer clouds say so of a box that still starts. */
  readonly retryAfter: number | undefined;
  /** It is a web page: something other than the API answered. */
  readonly html: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const NOTHING: FailureBody = {
  code: undefined,
  message: undefined,
  requestId: undefined,
  retryAfter: undefined,
  html: false,
};

/**
 * Decodes the body of a failure: the nested envelope (`{ error: { message, code } }`), the flat ones of the runner and
 * of the cloud (`{ message, code, statusCode }`, `{ error: "text" }`), plain text, a web page, or nothing.
 */
export function decodeFailureBody(text: string, contentType: string): FailureBody {
  const body = text.trim();
  const fields = parseObject(body);
  if (fields !== undefined) return decodeFields(fields);
  // An empty one, too: the answer to a HEAD has no more than the header.
  if (/^text\/html\b/i.test(contentType) || /^<(!doctype|html|head|body|\?xml)/i.test(body)) {
    return { ...NOTHING, html: true };
  }
  if (body === "") return NOTHING;
  return { ...NOTHING, message: body };
}

function decodeFields(fields: Fields): FailureBody {
  const nested = asFields(fields.error);
  if (nested !== undefined) {
    return {
      ...NOTHING,
      code: asText(nested.code),
      message: asSentence(nested.message),
      requestId: asText(nested.request_id),
    };
  }
  return {
    ...NOTHING,
    code: asText(fields.code),
    message: asSentence(fields.message) ?? asSentence(fields.error),
    requestId: asText(fields.request_id),
    retryAfter: asDuration(asFields(fields.progress)?.retryAfterMs),
  };
}

/** A sentence, or several: Nest's validation lists one per field. */
function asSentence(value: unknown): string | undefined {
  if (Array.isArray(value)) return asText(value.filter((part) => typeof part === "string").join("; "));
  return asText(value);
}

function asDuration(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && Number.isFinite(value) ? value : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function parseObject(text: string): Fields | undefined {
  try {
    return asFields(JSON.parse(text));
  } catch {
    return undefined;
  }
}

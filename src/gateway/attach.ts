import { decodeFailureBody } from "../errors/answer-body.ts";
import { refusedAnswer, unreachable } from "./forward.ts";
import { headersToServer } from "./headers.ts";
import { encodeGatewayFrame, GATEWAY_PROTOCOL, REFUSED_CLOSE } from "./protocol.ts";
import { createRedactor, isUnmistakable } from "./redact.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { createRelay, type Dial, type RelaySocket, type SocketHandlers } from "./relay.ts";

/** What a platform's adapter does with an upgrade. */
export type Attach =
  /** Answer it over HTTP. */
  | { readonly kind: "answer"; readonly response: Response }
  /**
   * Accept it, with the subprotocol and the headers where the platform can set them; then `open()`, and say what comes from the
   * page. Also call `page.closed()` when the page is gone before that.
   */
  | {
      readonly kind: "accept";
      readonly protocol: string | undefined;
      readonly headers: Readonly<Record<string, string>>;
      readonly page: SocketHandlers;
      open(page: RelaySocket): void;
    };

export interface AttachCall {
  /** The server's URL of the attach, as `http:` or `https:`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly ceiling: number;
  /** The page speaks the gateway's subprotocol. */
  readonly framed: boolean;
}

/** Opens the server's end of an attach, and says how the page's upgrade is to be answered. */
export async function openAttach(request: Request, dial: Dial, call: AttachCall): Promise<Attach | Refusal> {
  const { url, token, ceiling, framed } = call;
  const redactor = createRedactor(token);
  const redact = isUnmistakable(token) ? redactor.text : (text: string) => text;
  const relay = createRelay({ ceiling, framed, redact });
  let dialed: Awaited<ReturnType<Dial>>;
  try {
    dialed = await dial(url, headersToServer(request.headers, token), relay.server, request.signal);
  } catch (error) {
    return unreachable(error);
  }
  if (dialed.kind === "refused") return describeRefusal(dialed.response, redactor.text);
  relay.connect(dialed.socket);
  const requestId = nonEmpty(dialed.headers.get("x-request-id"), redactor.text);
  const executionId = nonEmpty(dialed.headers.get("x-boxlite-execution-id"), redactor.text);
  const hello = encodeGatewayFrame({
    event: "open",
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(executionId === undefined ? {} : { execution_id: executionId }),
  });
  return {
    kind: "accept",
    protocol: framed ? GATEWAY_PROTOCOL : undefined,
    headers: {
      ...(requestId === undefined ? {} : { "x-request-id": requestId }),
      ...(executionId === undefined ? {} : { "x-boxlite-execution-id": executionId }),
    },
    page: relay.page,
    open: (page) => relay.open(page, framed ? hello : undefined),
  };
}

/** A refusal that a page can see: its socket is accepted, told, and closed. */
export function refuseInBand({ status, message, headers }: Refusal): Attach {
  const frame = encodeGatewayFrame({
    event: "refused",
    status,
    message,
    request_id: headers?.["x-request-id"],
    retry_after: headers?.["retry-after"],
  });
  return {
    kind: "accept",
    protocol: GATEWAY_PROTOCOL,
    headers: {},
    page: { message() {}, closed() {} },
    open(page) {
      page.send(frame);
      page.close(REFUSED_CLOSE + status, closeReason(message));
    },
  };
}

const MAX_REASON = 123;

/** As much of a sentence as a close frame can hold. */
function closeReason(message: string): string {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= MAX_REASON) return message;
  // `stream`: a character that is cut at the end is left out.
  return `${new TextDecoder().decode(bytes.subarray(0, MAX_REASON - 3), { stream: true })}…`;
}

const MAX_REFUSAL = 64 * 1024;

/** The server's refusal of an upgrade, in the gateway's form: its status, its code, its sentence. */
async function describeRefusal(answer: Response, redact: (text: string) => string): Promise<Refusal> {
  const text = await answer.text().catch(() => "");
  const special = refusedAnswer(answer.status, answer.type === "opaqueredirect");
  if (special !== undefined) return special;
  if (answer.status < 400 || answer.status > 599) {
    return refusal(
      502,
      `The BoxLite server answered the upgrade with ${answer.status}: it is none of its attaches.`,
    );
  }
  const said = decodeFailureBody(text.slice(0, MAX_REFUSAL), answer.headers.get("content-type") ?? "");
  const message = redact(said.message ?? "").slice(0, 500) || `The BoxLite server answered ${answer.status}.`;
  const headers: Record<string, string> = {};
  for (const name of ["retry-after", "x-request-id"]) {
    const value = nonEmpty(answer.headers.get(name), redact);
    if (value !== undefined) headers[name] = value;
  }
  const plain = refusal(answer.status, message, headers);
  return said.code === undefined ? plain : { ...plain, code: redact(said.code).slice(0, 100) };
}

function nonEmpty(value: string | null, redact: (text: string) => string): string | undefined {
  return value === null || value === "" ? undefined : redact(value);
}

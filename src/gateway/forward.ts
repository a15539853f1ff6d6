import { readLimited } from "../rest/limited-text.ts";
import { isRedirectError, redirectOfStream } from "../rest/redirect.ts";
import type { Allowed } from "./authorize.ts";
import { headersToPage, headersToServer, isText } from "./headers.ts";
import { createRedactor, isUnmistakable, type Redactor } from "./redact.ts";
import { type Refusal, refusal, refusalResponse } from "./refusal.ts";
import type { Operation, Route } from "./routes.ts";

export interface Forwarding {
  /** The server's URL of the route, with its query. */
  readonly url: string;
  readonly route: Route;
  readonly decision: Allowed;
  readonly token: string | undefined;
}

/** What is sent with bodies of any size. */
const LARGE: ReadonlySet<Operation> = new Set(["files.write", "boxes.import"]);

/** An answer that is read whole is no larger; a list of boxes has 16 MiB of room in the client, too. */
const MAX_READ = 16 * 1024 * 1024;

/** Sends a request on to the server, with the gateway's credential in place of the page's, and its answer back. */
export async function forward(
  request: Request,
  { url, route, decision, token }: Forwarding,
): Promise<Response> {
  const { method, body, signal } = request;
  const init: RequestInit & { duplex?: "half" } = {
    method,
    headers: headersToServer(request.headers, token),
    // Followed, it would take the credential along.
    redirect: "manual",
    signal,
  };
  if (body !== null) {
    init.body = body;
    init.duplex = "half";
    if (LARGE.has(route.operation)) {
      init.redirect = redirectOfStream();
    }
  }
  let answer: Response;
  try {
    answer = await fetch(url, init);
  } catch (error) {
    const redirected = init.redirect === "error" && isRedirectError(error);
    return refusalResponse(redirected ? REDIRECTED : unreachable(error));
  }
  const redactor = createRedactor(token);
  const refused = refusedAnswer(answer.status, answer.type === "opaqueredirect");
  if (refused !== undefined) {
    discard(answer.body);
    return refusalResponse(refused);
  }
  const headers = headersToPage(answer.headers, redactor.text);
  const { status } = answer;
  if (answer.body === null || method === "HEAD" || status === 204 || status === 304) {
    discard(answer.body);
    return new Response(null, { status, headers });
  }
  if (answer.ok && route.operation === "me") return rewrite(answer.body, status, headers, onlyPrefix);
  if (answer.ok && route.operation === "boxes.list" && decision.boxes !== undefined) {
    const { boxes } = decision;
    return rewrite(answer.body, status, headers, (list) => onlyBoxes(list, boxes));
  }
  return new Response(safeBody(answer.body, answer, redactor, token), { status, headers });
}

const REDIRECTED = refusal(
  502,
  "The BoxLite server answered the gateway with a redirect, which is not followed: the credential must reach no other " +
    "place. Check target of createGateway().",
);

/** What the server answers that is not for the page: it is about the gateway. */
export function refusedAnswer(status: number, redirected: boolean): Refusal | undefined {
  if (redirected || (status >= 300 && status < 400)) return REDIRECTED;
  if (status === 401) {
    return refusal(
      502,
      "The BoxLite server does not accept the gateway's credential (401). Check token of createGateway().",
    );
  }
  return undefined;
}

/** The page is told why, but not where: addresses inside are nobody's business. */
export function unreachable(error: unknown): Refusal {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  const code = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
  return refusal(
    502,
    `The gateway got no answer from the BoxLite server${code}. Check that it runs, and target of createGateway().`,
  );
}

function safeBody(
  body: ReadableStream<Uint8Array>,
  { ok, headers }: Response,
  redactor: Redactor,
  token: string | undefined,
): ReadableStream<Uint8Array> {
  // A file passes as it is. A failure is looked through whatever it claims to be.
  if (ok && !(isText(headers.get("content-type") ?? "") && isUnmistakable(token))) return body;
  return redactor.body(body);
}

type Fields = Readonly<Record<string, unknown>>;

/** Who the gateway is to the server is not the page's business; where its paths lead is. */
function onlyPrefix({ path_prefix, prefix }: Fields): Fields {
  return { path_prefix: path_prefix ?? prefix ?? null };
}

function onlyBoxes({ boxes, ...rest }: Fields, allowed: readonly string[]): Fields | undefined {
  if (!Array.isArray(boxes)) return undefined;
  return { ...rest, boxes: boxes.filter((box) => allowed.includes(box?.box_id)) };
}

async function rewrite(
  body: ReadableStream<Uint8Array>,
  status: number,
  headers: Headers,
  change: (fields: Fields) => Fields | undefined,
): Promise<Response> {
  const read = await readLimited(body, MAX_READ).catch(() => undefined);
  const fields = read?.whole ? parseObject(read.text) : undefined;
  const changed = fields && change(fields);
  if (changed === undefined) {
    return refusalResponse(
      refusal(502, "The server's answer is none of the BoxLite API's, so the gateway does not pass it on."),
    );
  }
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(changed), { status, headers });
}

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function discard(body: ReadableStream<Uint8Array> | null): void {
  body?.cancel().catch(() => {});
}

/** Why a gateway does not do what was asked, in the words and the shape of the API's own failures. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const CODES: Readonly<Record<number, string>> = {
  400: "invalid_argument",
  401: "unauthenticated",
  403: "permission_denied",
  404: "not_found",
  405: "unsupported",
  426: "unsupported",
  501: "unsupported",
  502: "upstream_unavailable",
  503: "resource_exhausted",
};

export function refusal(
  status: number,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Refusal {
  return { status, code: CODES[status] ?? "internal", message, headers };
}

/** The nested envelope of the API, which its clients decode. */
export function refusalResponse({ status, code, message, headers }: Refusal): Response {
  return new Response(JSON.stringify({ error: { message, code } }), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

import { secretForms } from "../../errors/secret-forms.ts";

/** The sentence in the body of a refused upgrade, without the credential: a server may repeat what was sent. */
export function refusalOf(body: string, headers: Readonly<Record<string, string>>): string {
  const secrets = Object.values(headers)
    .map((value) => value.replace(/^\S+ /, ""))
    .filter((secret) => secret !== "")
    .flatMap(secretForms);
  return sentenceOf(secrets.reduce((text, secret) => text.replaceAll(secret, "(token)"), body));
}

/** In whichever of the servers' shapes. */
function sentenceOf(body: string): string {
  const text = body.trim();
  try {
    const { error, message } = JSON.parse(text);
    const sentence = typeof error === "object" && error !== null ? error.message : (message ?? error);
    if (typeof sentence === "string") return sentence;
  } catch {
    // Plain text, HTML, or nothing.
  }
  return text.startsWith("<") ? "" : text.slice(0, 200);
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's AggregateError of a failed connect has an empty message; its code says it.
  return error.message || String("code" in error ? error.code : error.name);
}

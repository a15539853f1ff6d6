import { secretForms } from "../../errors/secret-forms.ts";

const MAX_SENTENCE = 200;

/** The sentence in the body of a refused upgrade, without the credential: a server may repeat what was sent. */
export function refusalOf(body: string, headers: Readonly<Record<string, string>>): string {
  const secrets = Object.values(headers)
    .map((value) => value.replace(/^\S+ /, ""))
    .filter((secret) => secret !== "")
    .flatMap(secretForms);
  // In this order: JSON may have it in other characters, and what is cut in two would not be found.
  const safe = secrets.reduce((text, secret) => text.replaceAll(secret, "(token)"), sentenceOf(body));
  return safe.slice(0, MAX_SENTENCE);
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
  return text.startsWith("<") ? "" : text;
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's AggregateError of a failed connect has an empty message; its code says it.
  return error.message || String("code" in error ? error.code : error.name);
}

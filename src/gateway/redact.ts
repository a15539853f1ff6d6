import { secretForms } from "../errors/secret-forms.ts";

/** Takes the gateway's credential out of what a server says. */
export interface Redactor {
  text(text: string): string;
  /** A body of text, as it comes: what might be the beginning of the credential is held back until it is known. */
  body(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
}

const REPLACEMENT = "(token)";

export function createRedactor(token: string | undefined): Redactor {
  if (token === undefined) return { text: (text) => text, body: (body) => body };
  const forms = secretForms(token);
  const longest = Math.max(...forms.map((form) => form.length));
  const text = (said: string) => forms.reduce((safe, form) => safe.replaceAll(form, REPLACEMENT), said);

  return {
    text,
    body(body) {
      const decoder = new TextDecoder();
      const encoder = new TextEncoder();
      let held = "";
      return body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            const safe = text(held + decoder.decode(chunk, { stream: true }));
            const sure = wholeCharacters(safe, Math.max(0, safe.length - longest + 1));
            held = safe.slice(sure);
            if (sure > 0) controller.enqueue(encoder.encode(safe.slice(0, sure)));
          },
          flush(controller) {
            const rest = text(held + decoder.decode());
            if (rest !== "") controller.enqueue(encoder.encode(rest));
          },
        }),
      );
    },
  };
}

/** So many code units, or one less where that would cut a surrogate pair. */
function wholeCharacters(text: string, length: number): number {
  return length > 0 && /[\ud800-\udbff]/.test(text.charAt(length - 1)) ? length - 1 : length;
}

/** A success is looked through only for a credential that is no word which may be in it anyway. */
export function isUnmistakable(token: string | undefined): boolean {
  return token !== undefined && token.length >= 16;
}

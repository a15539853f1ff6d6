/**
 * The attach protocol on the wire ↔ typed values. Knows the protocol and nothing else: no state, no I/O.
 *
 * Server → client: a binary message is one channel byte (0x01 stdout, 0x02 stderr) and a payload; a text message is a
 * JSON object with a `type`. Client → server: a binary message is raw stdin, without a channel byte.
 */

/** The two output streams of an execution. With a tty everything arrives on `stdout`. */
export type OutputName = "stdout" | "stderr";

/** One message from the server, decoded. What is not understood is `unknown`: reported, never fatal. */
export type ServerFrame =
  | { readonly kind: "output"; readonly stream: OutputName; readonly bytes: Uint8Array }
  /** `exitCode` is null where the frame carries none: no code is made up for it. */
  | { readonly kind: "exit"; readonly exitCode: number | null }
  | { readonly kind: "error"; readonly message: string; readonly code: string | null }
  | { readonly kind: "empty" }
  | { readonly kind: "unknown"; readonly detail: string };

/** Terminal size in character cells; both are whole numbers above 0. */
export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

const CHANNELS: readonly (OutputName | undefined)[] = [undefined, "stdout", "stderr"];

/**
 * The largest stdin message sent, in bytes. The runner refuses messages above 1 MiB, and a smaller one keeps a resize or
 * a probe from waiting behind it.
 */
export const MAX_STDIN_FRAME = 32 * 1024;

/** Characters of a server's sentence that are passed on. */
const MAX_SENTENCE = 2_000;

const LIVENESS_TYPE = "boxlite-web.liveness";

/**
 * A control message that no server knows. Every server answers an unknown type with an error frame that names it, which
 * makes it a round trip over the socket itself, also where ping frames are out of reach (browsers).
 */
export const LIVENESS_PROBE = JSON.stringify({ type: LIVENESS_TYPE });

/** Asks the server to close the process's stdin. Idempotent. */
export const STDIN_EOF = JSON.stringify({ type: "stdin_eof" });

/** Whether an error frame is the answer to {@link LIVENESS_PROBE}; such a frame is hidden from the user. */
export function isLivenessAnswer(message: string): boolean {
  return message.includes(LIVENESS_TYPE);
}

/** The control message that sets the terminal's size. */
export function encodeResize(size: TerminalSize): string {
  return JSON.stringify({ type: "resize", cols: size.cols, rows: size.rows });
}

/** Decodes one message. Output bytes are a view on the message, not a copy. */
export function decodeServerFrame(data: Uint8Array | string): ServerFrame {
  return typeof data === "string" ? decodeText(data) : decodeBinary(data);
}

function decodeBinary(data: Uint8Array): ServerFrame {
  const channel = data[0];
  if (channel === undefined) return { kind: "empty" };
  const stream = CHANNELS[channel];
  if (stream === undefined) return { kind: "unknown", detail: `a binary frame of channel ${channel}` };
  if (data.length === 1) return { kind: "empty" };
  // Not `subarray`: on Node the message is a Buffer, and what is handed out is a plain Uint8Array everywhere.
  return { kind: "output", stream, bytes: new Uint8Array(data.buffer, data.byteOffset + 1, data.length - 1) };
}

function decodeText(text: string): ServerFrame {
  if (text === "") return { kind: "empty" };
  const fields = parseObject(text);
  if (fields === undefined)
    return { kind: "unknown", detail: `a text frame that is no JSON object: ${excerpt(text)}` };
  switch (fields.type) {
    case "exit":
      return { kind: "exit", exitCode: Number.isInteger(fields.exit_code) ? Number(fields.exit_code) : null };
    case "error":
      return {
        kind: "error",
        message: typeof fields.message === "string" ? excerpt(fields.message, MAX_SENTENCE) : excerpt(text),
        code: typeof fields.code === "string" ? excerpt(fields.code) : null,
      };
    default:
      return {
        kind: "unknown",
        detail: `a text frame of type ${excerpt(JSON.stringify(fields.type) ?? "none")}`,
      };
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Events wait for a reader, and a server may say much. */
function excerpt(text: string, length = 200): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

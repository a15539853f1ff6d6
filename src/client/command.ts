import { InvalidRequestError } from "../errors/index.ts";
import type { ExecOptions } from "./exec.ts";

/** What can be said of a command before there is a box for it. @throws InvalidRequestError */
export function checkCommand(
  command: string,
  { timeout, stdin }: Pick<ExecOptions, "timeout" | "stdin">,
): void {
  if (typeof command !== "string" || command === "") {
    throw invalid('The command is empty. Name a program, e.g. box.exec("ls", ["-l"]).');
  }
  if (timeout !== undefined && !(timeout > 0 && Number.isFinite(timeout))) {
    throw invalid(`timeout must be a number of milliseconds above 0, not ${timeout}.`);
  }
  if (stdin instanceof ReadableStream && stdin.locked) {
    throw invalid("The stdin stream is locked: something else reads it.");
  }
  if (!isSource(stdin)) throw invalid("stdin is no text, Uint8Array or ReadableStream.");
}

function isSource(stdin: unknown): boolean {
  if (stdin === undefined || typeof stdin === "string") return true;
  return stdin instanceof Uint8Array || stdin instanceof ReadableStream;
}

function invalid(message: string): InvalidRequestError {
  return new InvalidRequestError("invalid_argument", message, { operation: "execution.start" });
}

import { InvalidRequestError } from "../errors/index.ts";

/** The signals that the servers send on; to kill, there is `kill()`. */
export type SignalName =
  | "SIGHUP"
  | "SIGINT"
  | "SIGQUIT"
  | "SIGABRT"
  | "SIGUSR1"
  | "SIGUSR2"
  | "SIGTERM"
  | "SIGWINCH";

const NUMBERS: ReadonlyMap<string, number> = new Map<SignalName, number>([
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGQUIT", 3],
  ["SIGABRT", 6],
  ["SIGUSR1", 10],
  ["SIGUSR2", 12],
  ["SIGTERM", 15],
  ["SIGWINCH", 28],
]);

const ALLOWED: ReadonlySet<number> = new Set(NUMBERS.values());

/**
 * The number of a signal, as Linux counts.
 *
 * @throws InvalidRequestError for one that no server sends on.
 */
export function signalNumber(signal: SignalName | number): number {
  const number = typeof signal === "number" ? signal : NUMBERS.get(signal);
  if (number !== undefined && ALLOWED.has(number)) return number;
  const advice =
    signal === 9 || `${signal}` === "SIGKILL"
      ? "Use kill() instead."
      : `Use one of ${[...NUMBERS.keys()].join(", ")}.`;
  throw new InvalidRequestError(
    "invalid_argument",
    `The servers do not send the signal ${signal}. ${advice}`,
  );
}

import type { TerminalSize } from "../attach/frames.ts";
import { InvalidRequestError } from "../errors/index.ts";
import type { Http } from "../rest/http.ts";
import { type ExecutionStatus, Status } from "../wire/execution.ts";
import type { CallOptions } from "./call-options.ts";
import { type SignalName, signalNumber } from "./signals.ts";

/** An execution that is not followed here: it can be asked about and steered, whoever is attached to it. */
export interface ExecutionControl {
  readonly id: string;
  readonly boxId: string;
  /**
   * Asks the server. On the cloud this counts as activity and keeps the box awake.
   *
   * @throws NotFoundError once the server has forgotten it: after a kill, or 5 minutes after the end.
   */
  status(options?: CallOptions): Promise<ExecutionStatus>;
  /**
   * Kills the process (SIGKILL), after which the server forgets it.
   *
   * @throws NotFoundError if the server does not know it.
   */
  kill(options?: CallOptions): Promise<void>;
  /** @throws InvalidRequestError for a signal that no server sends on, ConflictError if it has ended. */
  signal(signal: SignalName | number, options?: CallOptions): Promise<void>;
  /**
   * Sets the terminal's size, once.
   *
   * @throws InvalidRequestError if it has no terminal, or unless both are whole numbers from 1 to 65,535; ConflictError if it has
   * ended.
   */
  resize(size: TerminalSize, options?: CallOptions): Promise<void>;
}

export function createControl(http: Http, boxId: string, id: string): ExecutionControl {
  const params = { box: boxId, execution: id };
  return {
    id,
    boxId,
    status: ({ signal } = {}) => http.json({ operation: "execution.status", params, signal }, Status),
    async kill({ signal } = {}) {
      await http.send({ operation: "execution.kill", params, signal });
    },
    async signal(name, { signal } = {}) {
      const json = { signal: signalNumber(name) };
      await http.send({ operation: "execution.signal", params, json, signal });
    },
    async resize(size, { signal } = {}) {
      await http.send({ operation: "execution.resize", params, json: checkSize(size), signal });
    },
  };
}

/** @throws InvalidRequestError for a size that no server takes. */
export function checkSize(size: TerminalSize): TerminalSize {
  const { cols, rows } = size;
  if (isCount(cols) && isCount(rows)) return { cols, rows };
  throw new InvalidRequestError(
    "invalid_argument",
    `A terminal of ${cols} × ${rows} cannot be: cols and rows must be whole numbers from 1 to 65535.`,
  );
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}

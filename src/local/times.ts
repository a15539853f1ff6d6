/** Every duration of the protocol that the local server keeps, in milliseconds. */
export interface LocalServerTimes {
  /** How long a client may take for the headers of a request, its first included. Default 60000. */
  readonly headersTimeout: number;
  /** Between two WebSocket pings. `serve` sends its first one at once, the runner after one interval. Default 15000. */
  readonly pingInterval: number;
  /** Runner only: without a pong or any other frame from the client for this long, the slot is released. Default 45000. */
  readonly pongDeadline: number;
  /** How long one write to a client may take before the connection is given up. Default 20000. */
  readonly writeTimeout: number;
  /**
   * Runner only: what is left when a process has ended must be sent within this time, else the socket is closed with
   * 1011 "pump drain timed out" and no exit frame. Also how long an output held open by a background process
   * delays the end. Default 2000.
   */
  readonly pumpDrain: number;
  /** An execution never attached, or detached, for this long gets SIGHUP. Default 300000. */
  readonly reconnectGrace: number;
  /** From SIGHUP to SIGTERM. Default 30000. */
  readonly hangupGrace: number;
  /** From SIGTERM to SIGKILL and eviction. Default 30000. */
  readonly terminateGrace: number;
  /** From the start of an execution to SIGHUP, attached or not. Default 86400000 (24 h). */
  readonly maxLifetime: number;
  /** How long a finished execution can still be asked about and attached to. Default 300000. */
  readonly retention: number;
  /** Between two looks of the reaper. Default 30000. */
  readonly reaperTick: number;
  /** From the SIGTERM of an expired `timeout_seconds` to SIGKILL. Default 2000. */
  readonly timeoutKill: number;
}

/** The values of the real servers. */
export const serverTimes: LocalServerTimes = {
  headersTimeout: 60_000,
  pingInterval: 15_000,
  pongDeadline: 45_000,
  writeTimeout: 20_000,
  pumpDrain: 2_000,
  reconnectGrace: 300_000,
  hangupGrace: 30_000,
  terminateGrace: 30_000,
  maxLifetime: 86_400_000,
  retention: 300_000,
  reaperTick: 30_000,
  timeoutKill: 2_000,
};

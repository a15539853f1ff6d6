/** What a server has counted since its start. Nothing is taken back, not even with a box that is removed. */
export interface ServerCounters {
  boxesCreated: number;
  boxesStopped: number;
  commands: number;
  execErrors: number;
}

/** What has been counted of one box. */
export interface BoxCounters {
  commands: number;
  execErrors: number;
  /** Bytes of stdin. */
  bytesSent: number;
  /** Bytes of stdout and stderr. */
  bytesReceived: number;
}

export function createServerCounters(): ServerCounters {
  return { boxesCreated: 0, boxesStopped: 0, commands: 0, execErrors: 0 };
}

export function createBoxCounters(): BoxCounters {
  return { commands: 0, execErrors: 0, bytesSent: 0, bytesReceived: 0 };
}

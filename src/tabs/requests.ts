/** A write of a follower that waits for the leader's word. */
export interface Request {
  readonly number: number;
  /** It waits for the next connection if there is none. */
  readonly overOutages: boolean;
}

/** Writes of a follower that wait until the leader can send them. */
export interface Requests {
  /**
   * Resolves when the leader says that it can send, or that there is no connection (false); or with true when there is another way.
   * Rejects when it says no.
   */
  add(overOutages: boolean): Promise<boolean>;
  /** Those that wait: they are asked again when the leader changes. */
  readonly waiting: readonly Request[];
  settle(number: number, outcome: boolean | Error): void;
  /** All of them. */
  settleAll(outcome: boolean | Error): void;
}

interface Waiting extends Request {
  resolve(open: boolean): void;
  reject(error: Error): void;
}

export function createRequests(post: (request: Request) => void): Requests {
  const requests = new Map<number, Waiting>();
  let count = 0;

  function settle(number: number, outcome: boolean | Error): void {
    const waiting = requests.get(number);
    requests.delete(number);
    if (typeof outcome === "boolean") waiting?.resolve(outcome);
    else waiting?.reject(outcome);
  }

  return {
    add(overOutages) {
      count += 1;
      const number = count;
      return new Promise((resolve, reject) => {
        requests.set(number, { number, overOutages, resolve, reject });
        post({ number, overOutages });
      });
    },
    get waiting() {
      return [...requests.values()];
    },
    settle,
    settleAll(outcome) {
      for (const number of [...requests.keys()]) settle(number, outcome);
    },
  };
}

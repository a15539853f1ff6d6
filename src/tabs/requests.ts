/** Writes of a follower that wait until the leader can send them. */
export interface Requests {
  /** Resolves when the leader says so, or when there is another way; rejects when it says no. */
  add(): Promise<void>;
  /** The numbers of those that wait: they are asked again when the leader changes. */
  readonly waiting: readonly number[];
  settle(request: number, error: unknown): void;
  /** All of them. */
  settleAll(error: unknown): void;
}

export function createRequests(post: (request: number) => void): Requests {
  const requests = new Map<number, { resolve(): void; reject(error: unknown): void }>();
  let count = 0;

  function settle(request: number, error: unknown): void {
    const waiting = requests.get(request);
    requests.delete(request);
    if (error === null) waiting?.resolve();
    else waiting?.reject(error);
  }

  return {
    add() {
      count += 1;
      const request = count;
      return new Promise((resolve, reject) => {
        requests.set(request, { resolve, reject });
        post(request);
      });
    },
    get waiting() {
      return [...requests.keys()];
    },
    settle,
    settleAll(error) {
      for (const request of [...requests.keys()]) settle(request, error);
    },
  };
}

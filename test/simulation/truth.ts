import type { ExecutionEvent } from "../../src/attach/events.ts";
import type { OutputName } from "../../src/attach/frames.ts";
import type { Span } from "./server-stream.ts";

export type VerdictEvent = Extract<ExecutionEvent, { type: "verdict" }>;

/** What the client was sent of a stream on one connection, and how much of it was delivered as new. */
export interface Account {
  /** Bytes delivered before it opened. */
  readonly before: number;
  readonly received: Span[];
  delivered: number;
  /** Its first verdicts, in order; those of later connections are theirs. */
  readonly verdicts: VerdictEvent[];
}

/** All that is known of one stream: what its user saw, and what the network knows of it. */
export interface StreamRecord {
  readonly name: OutputName;
  readonly accounts: Account[];
  readonly verdicts: VerdictEvent[];
  /** What the user has read; a view. */
  readonly bytes: Uint8Array;
  readonly length: number;
  /** How much of it was compared with what the process wrote. */
  checked: number;
  ended: { readonly error: unknown } | null;
  cancelled: boolean;
  append(bytes: Uint8Array): void;
  /** A connection is opened. */
  open(): void;
}

export function createStreamRecord(name: OutputName): StreamRecord {
  let buffer = new Uint8Array(0);
  let length = 0;
  const accounts: Account[] = [];
  const verdicts: VerdictEvent[] = [];

  return {
    name,
    accounts,
    verdicts,
    get bytes() {
      return buffer.subarray(0, length);
    },
    get length() {
      return length;
    },
    checked: 0,
    ended: null,
    cancelled: false,
    append(bytes) {
      if (length + bytes.length > buffer.length) {
        const larger = new Uint8Array(Math.max(length + bytes.length, buffer.length * 4, 2_048));
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(bytes, length);
      length += bytes.length;
      const account = accounts.at(-1);
      if (account !== undefined) account.delivered += bytes.length;
    },
    open() {
      accounts.push({ before: length, received: [], delivered: 0, verdicts: [] });
    },
  };
}

/** A piece of what was delivered, and where it is in what the process wrote. */
export interface Placed {
  /** Bytes delivered before it. */
  readonly position: number;
  readonly start: number;
  end: number;
  /** The connection that it came on is another than the one of the piece before. */
  readonly joined: Account | null;
}

function receivedOf({ received }: Account): number {
  return received.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** How much each brought that is new. What is more than it brought at all came before, and was read when it was open already. */
function deliveredBy(accounts: readonly Account[]): number[] {
  const delivered = accounts.map((account) => account.delivered);
  for (let index = accounts.length - 1; index > 0; index -= 1) {
    const account = accounts[index];
    const surplus = account === undefined ? 0 : Math.max(0, (delivered[index] ?? 0) - receivedOf(account));
    delivered[index] = (delivered[index] ?? 0) - surplus;
    delivered[index - 1] = (delivered[index - 1] ?? 0) + surplus;
  }
  return delivered;
}

/** Where all that was delivered comes from: what is new on a connection is the end of what it brought. */
export function placeDelivered(accounts: readonly Account[]): Placed[] {
  const placed: Placed[] = [];
  const delivered = deliveredBy(accounts);
  let before = 0;
  for (const [index, counted] of accounts.entries()) {
    const account: Account = { ...counted, before, delivered: delivered[index] ?? 0 };
    let skip = receivedOf(account) - account.delivered;
    let position = before;
    before += account.delivered;
    let first = true;
    for (const { start, end } of account.received) {
      const skipped = Math.min(skip, end - start);
      skip -= skipped;
      const from = start + skipped;
      if (from === end) continue;
      const last = placed.at(-1);
      if (!first && last !== undefined && last.end === from) last.end = end;
      else placed.push({ position, start: from, end, joined: first ? account : null });
      position += end - from;
      first = false;
    }
  }
  return placed;
}

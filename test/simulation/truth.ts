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

/** Bytes that came on a connection. */
export function receivedOf({ received }: Account): number {
  return received.reduce((sum, { start, end }) => sum + end - start, 0);
}

/**
 * The accounts as they would be if all had been read at once. What is more than a connection brought at all came before, and was
 * read when that was open already; so were its verdicts.
 */
function settleAccounts(accounts: readonly Account[]): Account[] {
  const settled = accounts.map((account) => ({ ...account }));
  for (let index = settled.length - 1; index > 0; index -= 1) {
    const [before, account] = [settled[index - 1], settled[index]];
    if (before === undefined || account === undefined) continue;
    const surplus = account.delivered - receivedOf(account);
    if (surplus <= 0) continue;
    settled[index] = { ...account, before: account.before + surplus, delivered: account.delivered - surplus };
    settled[index - 1] = {
      ...before,
      delivered: before.delivered + surplus,
      verdicts: [...before.verdicts, ...account.verdicts],
    };
  }
  return settled;
}

/** Where all that was delivered comes from: what is new on a connection is the end of what it brought. */
export function placeDelivered(accounts: readonly Account[]): Placed[] {
  const placed: Placed[] = [];
  for (const account of settleAccounts(accounts)) {
    let skip = receivedOf(account) - account.delivered;
    let position = account.before;
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

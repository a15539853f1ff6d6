export interface Input {
  /** Text goes as UTF-8, and bytes as they are, in order. */
  send(input: string | Uint8Array): void;
  /** Whether there is a connection. Without one nothing is sent, and what waits is dropped. */
  connected(yes: boolean): void;
  dispose(): void;
}

/** What waits for stdin at most, in characters or bytes: beyond it nothing more is taken. A paste is rarely larger. */
const MAX_WAITING = 4 * 1024 * 1024;

/** Characters that are encoded and written at once. */
const PIECE = 16 * 1024;

/**
 * Writes what is typed to stdin at the pace that stdin takes it. Nobody acknowledges stdin, and what was typed blindly is not
 * to be executed minutes later: what cannot be sent now is dropped, and `dropped` is told how many characters.
 */
export function createInput(
  stdin: Pick<WritableStream<Uint8Array>, "getWriter">,
  dropped: (count: number) => void,
): Input {
  const encoder = new TextEncoder();
  let waiting: (string | Uint8Array)[] = [];
  let size = 0;
  let open = true;
  let writer: WritableStreamDefaultWriter<Uint8Array> | undefined;

  function dropAll(): void {
    const count = size;
    waiting = [];
    size = 0;
    if (count > 0) dropped(count);
  }

  /** Takes the next piece of what waits. */
  function take(): Uint8Array {
    const [first = ""] = waiting;
    const end = pieceEnd(first);
    size -= end;
    if (end === first.length) waiting.shift();
    else waiting[0] = first.slice(end);
    return typeof first === "string" ? encoder.encode(first.slice(0, end)) : first.slice(0, end);
  }

  /** Locks stdin only as long as there is something to write: others may write in between. */
  async function write(): Promise<void> {
    try {
      writer = stdin.getWriter();
      while (waiting.length > 0) await writer.write(take());
    } catch {
      // Refused: no connection, the process has ended, or somebody else writes. The terminal goes on without.
      dropAll();
    }
    writer?.releaseLock();
    writer = undefined;
  }

  return {
    send(input) {
      if (input.length === 0) return;
      if (!open || size + input.length > MAX_WAITING) {
        dropped(input.length);
        return;
      }
      waiting.push(input);
      size += input.length;
      if (writer === undefined) void write();
    },
    connected(yes) {
      open = yes;
      if (!yes) dropAll();
    },
    dispose() {
      open = false;
      dropAll();
      writer?.releaseLock();
    },
  };
}

/** Where a piece ends: not between the two halves of a character. */
function pieceEnd(input: string | Uint8Array): number {
  if (input.length <= PIECE) return input.length;
  const last = typeof input === "string" ? input.charCodeAt(PIECE - 1) : 0;
  return last >= 0xd800 && last < 0xdc00 ? PIECE - 1 : PIECE;
}

/**
 * Keeps a terminal's answers to old questions from being typed into the shell. A terminal answers what it parses: the
 * escape sequences that ask for its kind, its colours, its cursor, its modes. In a replay such questions are old; whoever
 * asked got an answer then, or is gone.
 */
export interface ReplayGuard {
  /** What the terminal wants to send: an answer, or what the user typed. */
  input(text: string): void;
  /** A piece of output is about to be given to the terminal. */
  writing(replay: boolean): void;
  /** The terminal has parsed it: xterm.js's write callback. */
  parsed(replay: boolean): void;
}

/**
 * An answer is told from a key not by its form, which some keys share (Shift+F3 looks like a cursor report), but by when
 * it comes: answers come while xterm.js parses, in one go with the write callback of the piece that asked. What the user
 * does is a task of its own. So whatever comes while replayed output is in the terminal waits for the end of the task that it
 * came in: if a write callback comes first, it belongs to that piece. A key is never swallowed, and waits for no longer than
 * its own task. (A parser hook of another addon that returns a promise splits a piece into several tasks: answers from before
 * the split count as typed.)
 */
export function createReplayGuard(send: (text: string) => void): ReplayGuard {
  /** Replayed pieces that the terminal has not parsed yet. */
  let pieces = 0;
  let unassigned: string[] = [];

  function sendAll(): void {
    const all = unassigned;
    unassigned = [];
    for (const text of all) send(text);
  }

  return {
    input(text) {
      if (pieces === 0) {
        send(text);
        return;
      }
      unassigned.push(text);
      queueMicrotask(sendAll);
    },
    writing(replay) {
      // After a key xterm.js parses at once, inside of its write(): what came before that call was typed.
      sendAll();
      if (replay) pieces += 1;
    },
    parsed(replay) {
      if (replay) {
        pieces -= 1;
        unassigned = [];
      } else {
        sendAll();
      }
    },
  };
}

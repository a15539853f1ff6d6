import { create } from "./dom.ts";

/** One stream's output, as text. */
export interface OutputPane {
  clear(): void;
  write(bytes: Uint8Array): void;
  /** No more comes: half a character at the end is shown as what it is. */
  end(): void;
}

/** Characters that stay on the page: what a person may scroll through, and a browser lays out without a pause. */
const SCROLLBACK = 128 * 1024;
const numbers = new Intl.NumberFormat("en");

/** Text is put on the page once per frame, however many pieces it arrives in, and stays scrolled to its end. */
export function createOutputPane(pre: HTMLPreElement, count: HTMLSpanElement): OutputPane {
  const trimmed = create("span", `… what came before the last ${SCROLLBACK / 1024} KiB is no longer shown\n`);
  trimmed.className = "trimmed";
  let decoder = new TextDecoder();
  let waiting = "";
  let bytes = 0;
  let shown = 0;
  let frame = 0;

  function schedule(): void {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function draw(): void {
    frame = 0;
    count.textContent = `${numbers.format(bytes)} bytes`;
    if (waiting === "") return;
    const atEnd = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 24;
    pre.append(waiting.slice(-SCROLLBACK));
    shown += waiting.length;
    waiting = "";
    if (shown > SCROLLBACK) trim();
    if (atEnd) pre.scrollTop = pre.scrollHeight;
  }

  /** Takes away whole pieces: one more than needed, at most, is cut short. */
  function trim(): void {
    if (!trimmed.isConnected) pre.prepend(trimmed);
    let piece = trimmed.nextSibling;
    let length = pre.textContent.length - trimmed.textContent.length;
    while (length > SCROLLBACK && piece instanceof Text) {
      const next = piece.nextSibling;
      const excess = length - SCROLLBACK;
      if (piece.length <= excess) {
        length -= piece.length;
        piece.remove();
      } else {
        length -= excess;
        piece.deleteData(0, excess);
      }
      piece = next;
    }
    shown = length;
  }

  return {
    clear() {
      decoder = new TextDecoder();
      waiting = "";
      bytes = 0;
      shown = 0;
      pre.replaceChildren();
      schedule();
    },
    write(chunk) {
      bytes += chunk.length;
      waiting += decoder.decode(chunk, { stream: true });
      schedule();
    },
    end() {
      waiting += decoder.decode();
      schedule();
    },
  };
}

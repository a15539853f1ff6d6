import { create } from "./dom.ts";

/** One stream's output, as text. */
export interface OutputPane {
  clear(): void;
  write(bytes: Uint8Array): void;
  /** Shows a remark in the output, behind its first `position` bytes, or at its end if it is past them. */
  mark(position: number, text: string): void;
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
  let waiting: (string | HTMLElement)[] = [];
  let marks: { readonly position: number; readonly text: string }[] = [];
  let bytes = 0;
  let shown = 0;
  let frame = 0;

  function schedule(): void {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function draw(): void {
    frame = 0;
    count.textContent = `${numbers.format(bytes)} bytes`;
    if (waiting.length === 0) return;
    const atEnd = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 24;
    for (const piece of waiting) {
      pre.append(piece);
      if (typeof piece === "string") shown += piece.length;
    }
    waiting = [];
    if (shown > SCROLLBACK) trim();
    if (atEnd) pre.scrollTop = pre.scrollHeight;
  }

  /** Takes away whole pieces of text: one more than needed, at most, is cut short. Marks stay: there are few. */
  function trim(): void {
    if (!trimmed.isConnected) pre.prepend(trimmed);
    let piece = trimmed.nextSibling;
    while (shown > SCROLLBACK && piece !== null) {
      const next: ChildNode | null = piece.nextSibling;
      if (piece instanceof Text) {
        const excess = Math.min(piece.length, shown - SCROLLBACK);
        shown -= excess;
        if (piece.length === excess) piece.remove();
        else piece.deleteData(0, excess);
      }
      piece = next;
    }
  }

  function append(chunk: Uint8Array): void {
    bytes += chunk.length;
    const text = decoder.decode(chunk, { stream: true });
    const last = waiting.at(-1);
    if (typeof last === "string") waiting[waiting.length - 1] = last + text;
    else waiting.push(text);
  }

  /** The marks that are due by now, in their order. */
  function showMarks(): void {
    while (marks[0] !== undefined && marks[0].position <= bytes) {
      const mark = create("span", marks[0].text);
      mark.className = "mark";
      waiting.push(mark);
      marks = marks.slice(1);
    }
  }

  return {
    clear() {
      decoder = new TextDecoder();
      waiting = [];
      marks = [];
      bytes = 0;
      shown = 0;
      pre.replaceChildren();
      schedule();
    },
    write(chunk) {
      let rest = chunk;
      for (let next = marks[0]; next !== undefined && next.position < bytes + rest.length; next = marks[0]) {
        const before = next.position - bytes;
        append(rest.subarray(0, before));
        rest = rest.subarray(before);
        showMarks();
      }
      append(rest);
      showMarks();
      schedule();
    },
    mark(position, text) {
      marks = [...marks, { position, text }].sort((a, b) => a.position - b.position);
      showMarks();
      schedule();
    },
    end() {
      const text = decoder.decode();
      if (text !== "") waiting.push(text);
      schedule();
    },
  };
}

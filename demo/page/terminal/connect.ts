import type { Terminal } from "@xterm/xterm";
import type { Execution } from "boxlite-web";

/** Connects a terminal with an execution: keys and sizes go there, output comes here. Until the execution ends. */
export async function connect(terminal: Terminal, execution: Execution): Promise<void> {
  const encoder = new TextEncoder();
  const input = execution.stdin.getWriter();
  const listeners = [
    // Typed while the connection is down, it waits; a shell that has ended takes no more.
    terminal.onData((text) => input.write(encoder.encode(text)).catch(() => {})),
    terminal.onResize((size) => execution.resize(size)),
  ];
  try {
    const reader = execution.stdout.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // The terminal says when it has taken a piece; until then no more is read, so that a flood waits outside of it.
      await new Promise<void>((resolve) => terminal.write(value, resolve));
    }
  } finally {
    for (const listener of listeners) listener.dispose();
  }
}

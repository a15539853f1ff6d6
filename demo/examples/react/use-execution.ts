import type { Box, ExecutionEvent, ExecutionExit } from "boxlite-web";
import { useEffect, useState } from "react";

export interface ExecutionView {
  readonly state: "connecting" | "connected" | "reconnecting" | "exited" | "failed";
  readonly stdout: string;
  readonly exit?: ExecutionExit;
  readonly error?: unknown;
}

const EMPTY: ExecutionView = { state: "connecting", stdout: "" };

/** Follows an execution as long as the component is mounted. Unmounting lets go of it: the process goes on. */
export function useExecution(box: Box, executionId: string): ExecutionView {
  const [view, setView] = useState(EMPTY);

  useEffect(() => {
    const mounted = new AbortController();
    const { signal } = mounted;
    const change = (make: (view: ExecutionView) => ExecutionView) => {
      if (!signal.aborted) setView(make);
    };

    async function follow() {
      const { stdout, events, exit } = await box.attach(executionId, { signal });
      const text = stdout.pipeThrough(new TextDecoderStream());
      await Promise.all([
        text.pipeTo(
          new WritableStream({
            write: (piece) => change((view) => ({ ...view, stdout: view.stdout + piece })),
          }),
        ),
        events.pipeTo(
          new WritableStream({
            write: (event) => change((view) => ({ ...view, state: stateAfter(event, view) })),
          }),
        ),
      ]);
      const ended = await exit;
      change((view) => ({ ...view, state: "exited", exit: ended }));
    }

    setView(EMPTY);
    follow().catch((error: unknown) => change((view) => ({ ...view, state: "failed", error })));
    return () => mounted.abort();
  }, [box, executionId]);

  return view;
}

function stateAfter(event: ExecutionEvent, { state }: ExecutionView): ExecutionView["state"] {
  if (event.type === "connected") return "connected";
  return event.type === "disconnected" ? "reconnecting" : state;
}

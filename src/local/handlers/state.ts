import type { Box, Boxes } from "../boxes.ts";
import { BOX_MARKER } from "../command.ts";
import type { ExecutionSettings } from "../execution.ts";
import type { Executions } from "../executions.ts";
import { killMarked } from "../leftovers.ts";
import type { ServerCounters } from "../metrics.ts";
import { type Answer, type Refusal, refuse } from "../refusal.ts";

/** What the handlers work on. */
export interface ServerState extends ExecutionSettings {
  readonly boxes: Boxes;
  readonly executions: Executions;
  readonly counters: ServerCounters;
  /** The runner's tenant, its `path_prefix`. */
  readonly organization: string;
  readonly tokenExpiresAt: Date | undefined;
  readonly paging: boolean;
}

/** One HTTP request, as the handlers see it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** @throws Refusal when it is not JSON. `front` is whether the cloud's API reads it and not its runner. */
  readonly body: (front: boolean) => Promise<unknown>;
  /** The body as it comes. Cancelling it leaves the connection open for the answer. */
  readonly stream: () => ReadableStream<Uint8Array>;
}

export type Handler = (call: Call) => Answer | Promise<Answer>;

/** The handlers of one route, by HTTP method. They throw a Refusal for every answer that is an error. */
export type Handlers = Readonly<Record<string, Handler>>;

export const NO_CONTENT: Answer = { status: 204 };

/** @throws Refusal */
export function requireBox(state: ServerState, segment: string): Box {
  const box = state.boxes.find(segment);
  if (box === undefined) throw refuse.unknownBox(state.dialect, segment);
  return box;
}

/** @throws Refusal */
export function requireStopped(state: ServerState, segment: string): Box {
  const box = requireBox(state, segment);
  if (box.status === "running") throw refuse.boxRunning("stop it first");
  return box;
}

/** What each use of a box does first: one that does not run is started, unless it is stopped and AutoResume is off. */
export function resume({ boxes }: ServerState, box: Box, refusal: () => Refusal): void {
  if (box.status === "stopped" && !box.request.autoResume) throw refusal();
  boxes.setStatus(box, "running");
}

/** Ends all that runs in a box, daemons included. Executions are kept like other finished ones, or forgotten. */
export async function endProcesses(state: ServerState, box: Box, forget: boolean): Promise<void> {
  await killMarked(BOX_MARKER, box.id);
  await state.executions.killAll(box.id, forget);
}

import { randomUUID } from "node:crypto";
import {
  type ExecRequest,
  parseBoxRequest,
  parseExecRequest,
  parseResizeRequest,
  parseSignalRequest,
} from "./bodies.ts";
import { type Box, type Boxes, describeBox, setStatus } from "./boxes.ts";
import { BOX_MARKER, resolveCommand } from "./command.ts";
import { Execution, type ExecutionSettings } from "./execution.ts";
import type { Executions } from "./executions.ts";
import { killMarked } from "./leftovers.ts";
import { type Answer, json, refuse } from "./refusal.ts";
import type { Route } from "./routes.ts";

/** What the handlers work on. */
export interface ServerState extends ExecutionSettings {
  readonly boxes: Boxes;
  readonly executions: Executions;
  /** The runner's tenant, its `path_prefix`. */
  readonly organization: string;
}

/** One HTTP request, as the handlers see it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  /** @throws Refusal when it is not JSON. `front` is whether the cloud's API reads it and not its runner. */
  readonly body: (front: boolean) => Promise<unknown>;
}

type Handler = (call: Call) => Answer | Promise<Answer>;

const NO_CONTENT: Answer = { status: 204 };

/** The handlers of a route by HTTP method. They throw a Refusal for every answer that is an error. */
export function handlersFor(state: ServerState, route: Route): Readonly<Record<string, Handler>> {
  const { dialect } = state;
  switch (route.name) {
    case "config":
      return { GET: () => json(200, { capabilities: capabilities(dialect === "serve") }) };
    case "me":
      return { GET: () => json(200, principal(state)) };
    case "boxes":
      return {
        GET: () => json(200, { boxes: state.boxes.list().map((box) => describeBox(box, dialect)) }),
        POST: async ({ body }) => {
          const request = parseBoxRequest(await body(true), dialect);
          return json(201, describeBox(state.boxes.create(request), dialect));
        },
      };
    case "box":
      return {
        GET: () => json(200, describeBox(requireBox(state, route.box), dialect)),
        HEAD: () => {
          requireBox(state, route.box);
          return NO_CONTENT;
        },
        DELETE: async () => {
          await deleteBox(state, requireBox(state, route.box));
          return NO_CONTENT;
        },
      };
    case "start":
      return { POST: () => changeStatus(state, requireBox(state, route.box), "running") };
    case "stop":
      return {
        POST: async () => {
          const box = requireBox(state, route.box);
          const answer = changeStatus(state, box, "stopped");
          await endProcesses(state, box, false);
          return answer;
        },
      };
    case "exec":
      return { POST: (call) => exec(state, route.box, call) };
    case "execution":
      return {
        GET: () => json(200, describeExecution(requireExecution(state, route))),
        DELETE: async () => {
          await state.executions.kill(requireExecution(state, route));
          return NO_CONTENT;
        },
      };
    case "signal":
      return {
        POST: async ({ body }) => {
          const signal = parseSignalRequest(await body(false), dialect);
          if (!requireExecution(state, route).signal(signal)) {
            throw refuse.executionFinished(dialect, route.execution);
          }
          return NO_CONTENT;
        },
      };
    case "resize":
      return { POST: async ({ body }) => resize(state, route, await body(false)) };
    case "attach":
      return {
        GET: ({ method, path }) => {
          throw refuse.upgradeRequired(dialect, method, path);
        },
      };
  }
}

/** @throws Refusal */
export function requireBox(state: ServerState, segment: string): Box {
  const box = state.boxes.find(segment);
  if (box === undefined) throw refuse.unknownBox(state.dialect, segment);
  return box;
}

/** serve finds an execution only under the very box name it was started with; the cloud knows its boxes. @throws Refusal */
export function requireExecution(state: ServerState, route: { box: string; execution: string }): Execution {
  const { dialect, executions } = state;
  const boxId = dialect === "runner" ? requireBox(state, route.box).id : undefined;
  const execution = executions.get(route.execution);
  const here =
    dialect === "runner" ? execution?.identity.boxId === boxId : execution?.identity.boxSegment === route.box;
  if (execution === undefined || !here) throw refuse.unknownExecution(dialect, route.execution);
  return execution;
}

async function exec(state: ServerState, segment: string, call: Call): Promise<Answer> {
  const { dialect } = state;
  // The cloud's API looks for the box before its runner reads the body.
  if (dialect === "runner") requireBox(state, segment);
  const request = parseExecRequest(await call.body(false), dialect);
  const box = requireBox(state, segment);
  if (dialect === "runner" && box.status !== "running") throw refuse.boxStopped(dialect, segment);
  if (box.status !== "running") setStatus(box, "running");
  const execution = await startIn(state, box, segment, request);
  if (box.deleted || box.status !== "running") {
    await execution.kill();
    throw refuse.boxStopped(dialect, segment);
  }
  state.executions.add(execution);
  return json(201, { execution_id: execution.identity.id });
}

async function startIn(
  state: ServerState,
  box: Box,
  boxSegment: string,
  request: ExecRequest,
): Promise<Execution> {
  const place = { boxId: box.id, directory: box.directory, env: box.request.env };
  const identity = { id: randomUUID(), boxId: box.id, boxSegment };
  try {
    return await Execution.start(identity, await resolveCommand(request, place), request, state);
  } catch (error) {
    throw refuse.cannotStart(state.dialect, error instanceof Error ? error.message : String(error));
  }
}

function resize(state: ServerState, route: { box: string; execution: string }, body: unknown): Answer {
  const { dialect } = state;
  const { cols, rows } = parseResizeRequest(body, dialect);
  const execution = requireExecution(state, route);
  if (!execution.tty) throw refuse.notTty(dialect);
  if (execution.completed) throw refuse.executionFinished(dialect, route.execution);
  execution.resize(cols, rows);
  return NO_CONTENT;
}

function changeStatus(state: ServerState, box: Box, status: "running" | "stopped"): Answer {
  setStatus(box, status);
  return json(state.dialect === "serve" ? 200 : 201, describeBox(box, state.dialect));
}

async function deleteBox(state: ServerState, box: Box): Promise<void> {
  box.deleted = true;
  await endProcesses(state, box, true);
  await state.boxes.remove(box);
}

/** Ends all that runs in a box, daemons included. Executions are kept like other finished ones, or forgotten. */
export async function endProcesses(state: ServerState, box: Box, forget: boolean): Promise<void> {
  await killMarked(BOX_MARKER, box.id);
  await state.executions.killAll(box.id, forget);
}

function describeExecution(execution: Execution): Record<string, unknown> {
  const execution_id = execution.identity.id;
  return execution.completed
    ? { execution_id, status: "completed", exit_code: execution.exitCode }
    : { execution_id, status: "running" };
}

function capabilities(all: boolean): Record<string, boolean> {
  return {
    linux_capabilities_enabled: all,
    snapshots_enabled: all,
    clone_enabled: all,
    export_enabled: all,
    import_enabled: all,
  };
}

function principal({ dialect, organization }: ServerState): Record<string, unknown> {
  if (dialect === "serve") {
    return { sub: "local-anonymous", principal_type: "service_account", scopes: [], prefix: null };
  }
  return {
    sub: "local-key",
    principal_type: "service_account",
    email: null,
    path_prefix: organization,
    scopes: ["boxes:read", "boxes:write"],
    expires_at: null,
  };
}

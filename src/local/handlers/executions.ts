import { randomUUID } from "node:crypto";
import { type ExecRequest, parseExecRequest, parseResizeRequest, parseSignalRequest } from "../bodies.ts";
import type { Box } from "../boxes.ts";
import { resolveCommand } from "../command.ts";
import { Execution } from "../execution.ts";
import { type Answer, json, refuse } from "../refusal.ts";
import { type Call, type Handlers, NO_CONTENT, requireBox, resume, type ServerState } from "./state.ts";

/** Where an execution is, as it stands in a URL. */
interface ExecutionPath {
  readonly box: string;
  readonly execution: string;
}

export function execHandlers(state: ServerState, segment: string): Handlers {
  return { POST: (call) => exec(state, segment, call) };
}

export function executionHandlers(state: ServerState, path: ExecutionPath): Handlers {
  return {
    GET: () => {
      const execution = requireExecution(state, path);
      if (state.dialect === "runner") wake(state, requireBox(state, path.box));
      return json(200, describeExecution(execution));
    },
    DELETE: async () => {
      await state.executions.kill(requireExecution(state, path));
      return NO_CONTENT;
    },
  };
}

export function signalHandlers(state: ServerState, path: ExecutionPath): Handlers {
  const { dialect } = state;
  return {
    POST: async ({ body }) => {
      const signal = parseSignalRequest(await body(false), dialect);
      if (!requireExecution(state, path).signal(signal)) {
        throw refuse.executionFinished(dialect, path.execution);
      }
      return NO_CONTENT;
    },
  };
}

export function resizeHandlers(state: ServerState, path: ExecutionPath): Handlers {
  const { dialect } = state;
  return {
    POST: async ({ body }) => {
      const { cols, rows } = parseResizeRequest(await body(false), dialect);
      const execution = requireExecution(state, path);
      if (!execution.tty) throw refuse.notTty(dialect);
      if (execution.completed) throw refuse.executionFinished(dialect, path.execution);
      execution.resize(cols, rows);
      return NO_CONTENT;
    },
  };
}

/** Those of requests that are no upgrades. */
export function attachHandlers({ dialect }: ServerState): Handlers {
  return {
    GET: ({ method, path }) => {
      throw refuse.upgradeRequired(dialect, method, path);
    },
  };
}

/** serve finds an execution only under the very box name it was started with; the cloud knows its boxes. @throws Refusal */
export function requireExecution(state: ServerState, path: ExecutionPath): Execution {
  const { dialect, executions } = state;
  const boxId = dialect === "runner" ? requireBox(state, path.box).id : undefined;
  const execution = executions.get(path.execution);
  const here =
    dialect === "runner" ? execution?.identity.boxId === boxId : execution?.identity.boxSegment === path.box;
  if (execution === undefined || !here) throw refuse.unknownExecution(dialect, path.execution);
  return execution;
}

/** The cloud takes a look at an execution for a use of its box. */
function wake({ boxes }: ServerState, box: Box): void {
  if (box.request.autoResume) boxes.setStatus(box, "running");
}

async function exec(state: ServerState, segment: string, call: Call): Promise<Answer> {
  const { dialect } = state;
  // The cloud's API looks for the box before its runner reads the body.
  if (dialect === "runner") requireBox(state, segment);
  const request = parseExecRequest(await call.body(false), dialect);
  const box = requireBox(state, segment);
  resume(state, box, () => refuse.autoResumeOff(dialect, segment));
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
    const command = await resolveCommand(request, place);
    const execution = await Execution.start(identity, command, request, state, box.counters);
    for (const counters of [state.counters, box.counters]) counters.commands += 1;
    return execution;
  } catch (error) {
    for (const counters of [state.counters, box.counters]) counters.execErrors += 1;
    throw refuse.cannotStart(state.dialect, error instanceof Error ? error.message : String(error));
  }
}

function describeExecution(execution: Execution): Record<string, unknown> {
  const execution_id = execution.identity.id;
  return execution.completed
    ? { execution_id, status: "completed", exit_code: execution.exitCode }
    : { execution_id, status: "running" };
}

import { parseBoxRequest } from "../bodies.ts";
import { type Box, describeBox } from "../boxes.ts";
import { pageOf } from "../paging.ts";
import { type Answer, json, refuse } from "../refusal.ts";
import { endProcesses, type Handlers, NO_CONTENT, requireBox, type ServerState } from "./state.ts";

export function boxesHandlers(state: ServerState): Handlers {
  const { dialect } = state;
  return {
    GET: ({ query }) => {
      const describe = (boxes: readonly Box[]) => boxes.map((box) => describeBox(box, dialect));
      const all = state.boxes.list();
      if (!state.paging) return json(200, { boxes: describe(all) });
      const { boxes, nextPageToken } = pageOf(all, query, dialect);
      return json(200, { boxes: describe(boxes), next_page_token: nextPageToken });
    },
    POST: async ({ body }) => {
      const request = parseBoxRequest(await body(true), dialect);
      return json(201, describeBox(state.boxes.create(request), dialect));
    },
  };
}

export function boxHandlers(state: ServerState, segment: string): Handlers {
  return {
    GET: () => json(200, describeBox(requireBox(state, segment), state.dialect)),
    HEAD: () => {
      requireBox(state, segment);
      return NO_CONTENT;
    },
    DELETE: async ({ query }) => {
      const force = state.dialect === "runner" || readForce(query);
      const box = requireBox(state, segment);
      if (box.status === "running" && !force) throw refuse.boxRunning("stop it or use force=true");
      await deleteBox(state, box);
      return NO_CONTENT;
    },
  };
}

export function startHandlers(state: ServerState, segment: string): Handlers {
  return { POST: () => changeStatus(state, requireBox(state, segment), "running") };
}

export function stopHandlers(state: ServerState, segment: string): Handlers {
  return {
    POST: async () => {
      const box = requireBox(state, segment);
      const answer = changeStatus(state, box, "stopped");
      await endProcesses(state, box, false);
      return answer;
    },
  };
}

/** serve's default is to remove a box that runs, other than the contract says. @throws Refusal */
function readForce(query: URLSearchParams): boolean {
  const force = query.get("force") ?? "true";
  if (force !== "true" && force !== "false") {
    throw refuse.badQuery("serve", "force: provided string was not `true` or `false`", "");
  }
  return force === "true";
}

function changeStatus(state: ServerState, box: Box, status: "running" | "stopped"): Answer {
  state.boxes.setStatus(box, status);
  return json(state.dialect === "serve" ? 200 : 201, describeBox(box, state.dialect));
}

async function deleteBox(state: ServerState, box: Box): Promise<void> {
  box.deleted = true;
  state.boxes.setStatus(box, "stopped");
  await endProcesses(state, box, true);
  await state.boxes.remove(box);
}

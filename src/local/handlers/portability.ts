import { copyDirectory } from "../../tar/copy.ts";
import { parseNameRequest, requireName } from "../bodies.ts";
import { packBox, unpackBox } from "../box-archive.ts";
import { describeBox } from "../boxes.ts";
import { type Answer, json, refuse } from "../refusal.ts";
import { type Call, type Handlers, requireStopped, type ServerState } from "./state.ts";

export function cloneHandlers(state: ServerState, segment: string): Handlers {
  const { boxes, dialect } = state;
  return {
    POST: async ({ body }) => {
      const name = parseNameRequest(await body(false));
      const { request, directory } = requireStopped(state, segment);
      return boxes.withScratch(async (copy) => {
        await copyDirectory(directory, copy);
        requireStopped(state, segment);
        return json(201, describeBox(boxes.create({ ...request, name }, copy), dialect));
      });
    },
  };
}

export function exportHandlers(state: ServerState, segment: string): Handlers {
  return {
    POST: () => ({
      status: 200,
      type: "application/octet-stream",
      body: packBox(requireStopped(state, segment)),
    }),
  };
}

export async function importBox({ boxes, dialect }: ServerState, { query, stream }: Call): Promise<Answer> {
  const name = query.get("name") ?? undefined;
  if (name !== undefined) requireName(name);
  return boxes.withScratch(async (directory) => {
    const request = await unpackBox(stream(), directory).catch((error: unknown) => {
      throw refuse.badArchive(`failed to import: ${error instanceof Error ? error.message : String(error)}`);
    });
    return json(201, describeBox(boxes.create({ ...request, name }, directory), dialect));
  });
}

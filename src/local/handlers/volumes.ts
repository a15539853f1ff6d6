import { refuse } from "../refusal.ts";
import type { Handlers, ServerState } from "./state.ts";

/** serve has the routes of volumes, to say that it has no volumes. */
export function volumesHandlers({ dialect }: ServerState): Handlers {
  const refused = () => {
    throw refuse.noVolumes(dialect);
  };
  return { GET: refused, POST: refused, DELETE: refused };
}

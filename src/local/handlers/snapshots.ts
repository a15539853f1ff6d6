import { parseNameRequest } from "../bodies.ts";
import type { Box } from "../boxes.ts";
import { json, refuse } from "../refusal.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "../snapshots.ts";
import { type Handlers, NO_CONTENT, requireBox, requireStopped, type ServerState } from "./state.ts";

/** Where a snapshot is, as it stands in a URL. */
interface SnapshotPath {
  readonly box: string;
  readonly snapshot: string;
}

export function snapshotsHandlers(state: ServerState, segment: string): Handlers {
  return {
    GET: () => {
      const box = requireBox(state, segment);
      return json(200, { snapshots: [...box.snapshots.values()].map((each) => describe(box, each)) });
    },
    POST: async ({ body }) => {
      const name = parseNameRequest(await body(false));
      if (name === undefined) throw refuse.badField("serve", false, "missing field `name`");
      const check = () => {
        const box = requireStopped(state, segment);
        if (box.snapshots.has(name)) throw refuse.snapshotExists(name);
        return box;
      };
      const box = check();
      return json(201, describe(box, await takeSnapshot(state.boxes, box, name, check)));
    },
  };
}

export function snapshotHandlers(state: ServerState, path: SnapshotPath): Handlers {
  return {
    GET: () => {
      const box = requireBox(state, path.box);
      return json(200, describe(box, requireSnapshot(box, path.snapshot)));
    },
    DELETE: async () => {
      const box = requireBox(state, path.box);
      const { directory } = requireSnapshot(box, path.snapshot);
      box.snapshots.delete(path.snapshot);
      await state.boxes.discard(directory);
      return NO_CONTENT;
    },
  };
}

export function restoreHandlers(state: ServerState, path: SnapshotPath): Handlers {
  return {
    POST: async () => {
      const box = requireStopped(state, path.box);
      const snapshot = requireSnapshot(box, path.snapshot);
      await restoreSnapshot(state.boxes, box, snapshot, () => requireStopped(state, path.box));
      return NO_CONTENT;
    },
  };
}

/** @throws Refusal */
function requireSnapshot(box: Box, name: string): Snapshot {
  const snapshot = box.snapshots.get(name);
  if (snapshot === undefined) throw refuse.unknownSnapshot(name);
  return snapshot;
}

/** There is one disk here, and it is the container's. */
function describe(box: Box, snapshot: Snapshot): Record<string, unknown> {
  return {
    id: snapshot.id,
    box_id: box.id,
    name: snapshot.name,
    created_at: Math.floor(snapshot.createdAt.getTime() / 1000),
    guest_disk_bytes: 0,
    container_disk_bytes: snapshot.bytes,
    size_bytes: snapshot.bytes,
  };
}

import type { Http } from "../rest/http.ts";
import type { OperationName } from "../rest/operations.ts";
import { type Snapshot, SnapshotPage, SnapshotSchema } from "../wire/snapshot.ts";
import type { CallOptions } from "./call-options.ts";
import { createList, type List, toPage } from "./pages.ts";
import type { ServerConfigReader } from "./server-config.ts";

/**
 * The snapshots of a box (`boxlite serve` only). Taking and restoring one wants the box to be stopped.
 *
 * Every method throws an UnsupportedError where the server does not advertise snapshots.
 *
 * @example
 * ```ts
 * await box.files.writeFile("/app/state", "clean");
 * await box.stop();
 * await box.snapshots.create("clean");
 * await box.files.writeFile("/app/state", "spoilt");
 * await box.stop();
 * await box.snapshots.restore("clean");
 * console.log(await box.files.readTextFile("/app/state")); // clean
 * ```
 */
export interface Snapshots {
  /**
   * Keeps the box's disks as they are.
   *
   * @param name 1 to 128 characters.
   * @throws ConflictError if the box runs, or has one of that name.
   */
  create(name: string, options?: CallOptions): Promise<Snapshot>;
  list(options?: CallOptions): List<Snapshot>;
  /** @throws NotFoundError */
  get(name: string, options?: CallOptions): Promise<Snapshot>;
  /** @throws NotFoundError */
  remove(name: string, options?: CallOptions): Promise<void>;
  /**
   * Puts the box's disks back to what they were. What was written since is lost.
   *
   * @throws NotFoundError, ConflictError if the box runs.
   */
  restore(name: string, options?: CallOptions): Promise<void>;
}

export function createSnapshots(http: Http, config: ServerConfigReader, box: string): Snapshots {
  async function call(operation: OperationName, params: Record<string, string>, options: CallOptions) {
    await config.require("snapshotsEnabled", operation, params, options);
    return { operation, params, signal: options.signal };
  }

  return {
    async create(name, options = {}) {
      const json = { name };
      return http.json({ ...(await call("snapshots.create", { box }, options)), json }, SnapshotSchema);
    },
    list(options = {}) {
      return createList(async (pageToken) => {
        const query = { pageToken };
        const asked = { ...(await call("snapshots.list", { box }, options)), query };
        const { snapshots, nextPageToken } = await http.json(asked, SnapshotPage);
        return toPage(snapshots, nextPageToken);
      });
    },
    async get(name, options = {}) {
      return http.json(await call("snapshots.get", { box, snapshot: name }, options), SnapshotSchema);
    },
    async remove(name, options = {}) {
      await http.send(await call("snapshots.remove", { box, snapshot: name }, options));
    },
    async restore(name, options = {}) {
      await http.send(await call("snapshots.restore", { box, snapshot: name }, options));
    },
  };
}

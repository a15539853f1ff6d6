import type { Http } from "../rest/http.ts";
import { type Volume, VolumePage, VolumeSchema } from "../wire/volume.ts";
import type { CallOptions } from "./call-options.ts";
import { createList, type List, toPage } from "./pages.ts";

export interface CreateVolumeOptions extends CallOptions {
  /** Default: one that the server makes up, or none. */
  readonly name?: string | undefined;
}

export interface RemoveVolumeOptions extends CallOptions {
  /** Also if boxes use it. Default: the server's, false. */
  readonly force?: boolean | undefined;
}

/**
 * Storage that outlives boxes, for `volumes` of `boxes.create()`. Newer than the contract: on newer clouds, for tokens that may;
 * `boxlite serve` answers with an UnsupportedError.
 */
export interface Volumes {
  create(options?: CreateVolumeOptions): Promise<Volume>;
  list(options?: CallOptions): List<Volume>;
  /** @throws NotFoundError */
  get(id: string, options?: CallOptions): Promise<Volume>;
  /** @throws NotFoundError, ConflictError if boxes use it. */
  remove(id: string, options?: RemoveVolumeOptions): Promise<void>;
}

export function createVolumes(http: Http): Volumes {
  return {
    create: ({ name, signal } = {}) =>
      http.json({ operation: "volumes.create", json: { name }, signal }, VolumeSchema),
    list({ signal } = {}) {
      return createList(async (pageToken) => {
        const asked = { operation: "volumes.list", query: { pageToken }, signal } as const;
        const { volumes, nextPageToken } = await http.json(asked, VolumePage);
        return toPage(volumes, nextPageToken);
      });
    },
    get: (id, { signal } = {}) =>
      http.json({ operation: "volumes.get", params: { volume: id }, signal }, VolumeSchema),
    async remove(id, { force, signal } = {}) {
      const query = { force: force === undefined ? undefined : String(force) };
      await http.send({ operation: "volumes.remove", params: { volume: id }, query, signal });
    },
  };
}

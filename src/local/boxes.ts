import { randomUUID } from "node:crypto";
import { mkdirSync, renameSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoxRequest } from "./bodies.ts";
import type { Dialect } from "./dialect.ts";
import { type BoxCounters, createBoxCounters, type ServerCounters } from "./metrics.ts";
import { refuse } from "./refusal.ts";
import type { Snapshot } from "./snapshots.ts";
import { newUlid } from "./ulid.ts";

type BoxStatus = "configured" | "running" | "stopped";

/** A box of the local server: a working directory and an environment. */
export interface Box {
  readonly id: string;
  readonly request: BoxRequest;
  readonly directory: string;
  readonly createdAt: Date;
  updatedAt: Date;
  status: BoxStatus;
  /** Whether it has run, be it stopped now. */
  booted: boolean;
  readonly counters: BoxCounters;
  /** By name, the oldest first. */
  readonly snapshots: Map<string, Snapshot>;
  /** A deleted box starts nothing any more, not even for a request that found it in time. */
  deleted: boolean;
}

export interface Boxes {
  /**
   * @param directory One of `withScratch` that becomes the box's. Default: an empty one.
   * @throws Refusal when the name is taken.
   */
  create(request: BoxRequest, directory?: string): Box;
  /** By id or name, as it stands in a URL. A box being deleted is not found. */
  find(segment: string): Box | undefined;
  list(): Box[];
  setStatus(box: Box, status: BoxStatus): void;
  /** Forgets the box and removes its directory. Its processes must be gone. */
  remove(box: Box): Promise<void>;
  /** Makes a directory that is no box's and hands it over. It is kept, unless `use` fails. */
  withScratch<T>(use: (directory: string) => Promise<T>): Promise<T>;
  /** Removes a directory that is no box's any more. */
  discard(directory: string): Promise<void>;
  /** Removes what is left in the file system. */
  close(): Promise<void>;
}

export async function createBoxes(dialect: Dialect, counters: ServerCounters): Promise<Boxes> {
  const root = await mkdtemp(join(tmpdir(), "boxlite-local-"));
  const byId = new Map<string, Box>();
  const byName = new Map<string, Box>();
  return {
    create(request, directory) {
      const { name } = request;
      if (name !== undefined && byName.has(name)) throw refuse.boxExists(dialect, name);
      // serve gives ULIDs, the cloud UUIDs.
      const id = dialect === "serve" ? newUlid() : randomUUID();
      const now = new Date();
      const box: Box = {
        id,
        request,
        directory: join(root, id),
        createdAt: now,
        updatedAt: now,
        // The cloud answers when the box has started, serve starts it with the first command.
        status: dialect === "runner" ? "running" : "configured",
        booted: dialect === "runner",
        counters: createBoxCounters(),
        snapshots: new Map(),
        deleted: false,
      };
      // At once and not asynchronously, so that of two requests for one name one is refused.
      if (directory === undefined) mkdirSync(box.directory, { mode: 0o700 });
      else renameSync(directory, box.directory);
      byId.set(id, box);
      if (name !== undefined) byName.set(name, box);
      counters.boxesCreated += 1;
      return box;
    },
    find(segment) {
      const box = byId.get(segment) ?? byName.get(segment);
      return box === undefined || box.deleted ? undefined : box;
    },
    list: () => [...byId.values()],
    setStatus(box, status) {
      if (box.status === status) return;
      if (box.status === "running") counters.boxesStopped += 1;
      if (status === "running") box.booted = true;
      box.status = status;
      box.updatedAt = new Date();
    },
    async remove(box) {
      byId.delete(box.id);
      if (box.request.name !== undefined) byName.delete(box.request.name);
      const copies = [...box.snapshots.values()].map(({ directory }) => directory);
      await Promise.all([box.directory, ...copies].map(removeDirectory));
    },
    async withScratch(use) {
      const directory = join(root, randomUUID());
      mkdirSync(directory, { mode: 0o700 });
      try {
        return await use(directory);
      } catch (error) {
        await removeDirectory(directory);
        throw error;
      }
    },
    discard: removeDirectory,
    close: () => removeDirectory(root),
  };
}

/** The box as the servers describe it. */
export function describeBox(box: Box, dialect: Dialect): Record<string, unknown> {
  const { request } = box;
  return {
    box_id: box.id,
    name: request.name ?? null,
    status: box.status,
    created_at: box.createdAt.toISOString(),
    updated_at: box.updatedAt.toISOString(),
    image: request.image,
    cpus: request.cpus,
    memory_mib: request.memoryMib,
    labels: {},
    auto_stop: request.autoStop,
    auto_delete: request.autoDelete,
    auto_resume: request.autoResume,
    ...(dialect === "serve" ? { pid: null } : {}),
  };
}

/** Processes that are just dying may still write into the directory: hence the retries. */
function removeDirectory(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}

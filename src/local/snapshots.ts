import { renameSync } from "node:fs";
import { copyDirectory } from "../tar/copy.ts";
import { walk } from "../tar/pack.ts";
import type { Box, Boxes } from "./boxes.ts";
import { newUlid } from "./ulid.ts";

/** A copy of a box's directory. */
export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly directory: string;
  /** Of all files. */
  readonly bytes: number;
}

/** @param check Called when the copy is made and nothing can come between any more. */
export function takeSnapshot(boxes: Boxes, box: Box, name: string, check: () => void): Promise<Snapshot> {
  return boxes.withScratch(async (directory) => {
    await copyDirectory(box.directory, directory);
    let bytes = 0;
    for await (const { stats } of walk(directory)) if (stats.isFile()) bytes += stats.size;
    check();
    const snapshot = { id: newUlid(), name, createdAt: new Date(), directory, bytes };
    box.snapshots.set(name, snapshot);
    return snapshot;
  });
}

/**
 * Puts a copy of the snapshot in the place of the box's directory.
 *
 * @param check Called when the copy is made and nothing can come between any more.
 */
export function restoreSnapshot(
  boxes: Boxes,
  box: Box,
  snapshot: Snapshot,
  check: () => void,
): Promise<void> {
  return boxes.withScratch(async (copy) => {
    await copyDirectory(snapshot.directory, copy);
    check();
    const old = `${copy}.old`;
    renameSync(box.directory, old);
    renameSync(copy, box.directory);
    await boxes.discard(old);
  });
}

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTestServer } from "./local-client.ts";

/** A stopped box of serve with files of all kinds. */
export async function startWithStopped(body: Record<string, unknown> = {}) {
  const client = await startTestServer({ dialect: "serve" });
  const box = await client.createBox(body);
  const directory = await client.directoryOf(box);
  mkdirSync(join(directory, "sub", "empty"), { recursive: true });
  writeFileSync(join(directory, "a.txt"), "alpha");
  writeFileSync(join(directory, "sub", "b.txt"), "beta!");
  chmodSync(join(directory, "sub", "b.txt"), 0o750);
  symlinkSync("/usr/bin/env", join(directory, "out"));
  await client.send("POST", `/v1/boxes/${box}/stop`);
  const path = `/v1/boxes/${box}`;
  return { ...client, box, path, directory };
}

export const CONTENT = {
  "a.txt": "alpha",
  out: "symlink -> /usr/bin/env",
  "sub/": null,
  "sub/b.txt": "beta!",
  "sub/empty/": null,
};

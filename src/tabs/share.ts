import type { Pump, PumpDependencies, PumpOutputs } from "../attach/pump.ts";
import { browserPlatform } from "./platform.ts";
import { nameOf } from "./protocol.ts";
import { createSharedPump } from "./shared-pump.ts";

/** Makes the pumps of an execution that tabs share; undefined where the platform lacks what that takes. */
export async function sharePump(
  baseUrl: string,
  boxId: string,
  executionId: string,
): Promise<((dependencies: PumpDependencies, outputs: PumpOutputs) => Pump) | undefined> {
  const platform = await browserPlatform();
  if (platform === null) return undefined;
  const name = nameOf(baseUrl, boxId, executionId);
  return (dependencies, outputs) => createSharedPump(dependencies, outputs, platform, name);
}

import {
  type AttachFaults,
  type FaultProxy,
  type FaultProxyEvent,
  type FaultProxyOptions,
  startFaultProxy,
} from "../../src/testing/index.ts";
import { startTarget, type Target, type TargetScript } from "./scripted-target.ts";

/** A scripted target with a proxy in front of it. */
export interface Setting extends AsyncDisposable {
  readonly target: Target;
  readonly proxy: FaultProxy;
  readonly events: readonly FaultProxyEvent[];
  /** Resolves with the first event of this type, when there is one. */
  event(type: FaultProxyEvent["type"]): Promise<FaultProxyEvent>;
}

export async function startSetting(
  script: TargetScript,
  faults: AttachFaults | Omit<FaultProxyOptions, "target" | "onEvent"> = {},
): Promise<Setting> {
  const events: FaultProxyEvent[] = [];
  const waiting: (() => void)[] = [];
  const target = await startTarget(script);
  const options = "plan" in faults || "requests" in faults ? faults : { plan: () => faults as AttachFaults };
  const proxy = await startFaultProxy({
    ...options,
    target: target.url,
    onEvent(event) {
      events.push(event);
      for (const look of waiting.splice(0)) look();
    },
  });
  return {
    target,
    proxy,
    events,
    async event(type) {
      for (;;) {
        const found = events.find((event) => event.type === type);
        if (found) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async [Symbol.asyncDispose]() {
      await proxy.close();
      await target[Symbol.asyncDispose]();
    },
  };
}

/**
 * Makes a hundred requests through the proxy, one after the other, or until `early` holds. Whatever was able
 * to move on another connection has moved by then, as all of it happens in one event loop.
 */
export async function exchange(url: string, early: () => boolean): Promise<void> {
  for (let count = 0; count < 100 && !early(); count += 1) await (await fetch(url)).text();
}

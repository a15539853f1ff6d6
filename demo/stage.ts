import { type Dialect, type LocalServer, startLocalServer } from "boxlite-web/local";
import { type FaultProxy, startFaultProxy } from "boxlite-web/testing";

/** A server, and a network in front of it that can be broken. */
export interface Stage extends AsyncDisposable {
  readonly server: LocalServer;
  readonly proxy: FaultProxy;
}

export async function startStage(dialect: Dialect): Promise<Stage> {
  const server = await startLocalServer({ dialect });
  try {
    const proxy = await startFaultProxy({ target: server.url });
    return {
      server,
      proxy,
      async [Symbol.asyncDispose]() {
        await proxy.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

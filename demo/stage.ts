import { type Dialect, type LocalServer, startLocalServer } from "boxlite-web/local";
import { type FaultProxy, startFaultProxy } from "boxlite-web/testing";

/** A server, and a network in front of it that can be broken. */
export interface Stage extends AsyncDisposable {
  readonly server: LocalServer;
  readonly proxy: FaultProxy;
}

export async function startStage(dialect: Dialect): Promise<Stage> {
  // On a busy machine, too, the network is what breaks here: a server that drops output of its own accord is not on show.
  const server = await startLocalServer({
    dialect,
    liveQueueChunks: 100_000,
    times: { pumpDrain: 60_000 },
  });
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

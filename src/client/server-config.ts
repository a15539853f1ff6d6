import { UnsupportedError } from "../errors/index.ts";
import type { Http } from "../rest/http.ts";
import { describeOperation, type OperationName } from "../rest/operations.ts";
import { type Capabilities, Config, type ServerConfig } from "../wire/config.ts";
import type { CallOptions } from "./call-options.ts";

/** What the server says of itself, asked for when it is first needed. */
export interface ServerConfigReader {
  read(options: CallOptions): Promise<ServerConfig>;
  /**
   * Ends a call that the server cannot answer, before it is sent.
   *
   * @throws UnsupportedError unless the server advertises the capability.
   */
  require(capability: Flag, operation: OperationName, params: Params, options: CallOptions): Promise<void>;
}

/** The flags that servers send, and mean. Of the others none can be concluded from. */
type Flag =
  | "linuxCapabilitiesEnabled"
  | "snapshotsEnabled"
  | "cloneEnabled"
  | "exportEnabled"
  | "importEnabled"
  | "inboundUpdateEnabled";

type Params = Readonly<Record<string, string>>;

export function createServerConfig(http: Http): ServerConfigReader {
  let known: ServerConfig | undefined;

  async function ask({ signal }: CallOptions): Promise<ServerConfig> {
    known = await http.json({ operation: "config", signal }, Config);
    return known;
  }

  return {
    read: async (options) => known ?? ask(options),
    async require(capability, operation, params, options) {
      if (known !== undefined && advertises(known.capabilities, capability)) return;
      // A server that could not when it was first asked may have been replaced by one that can.
      const { capabilities } = await ask(options);
      if (advertises(capabilities, capability)) return;
      throw new UnsupportedError(
        "unsupported",
        `${describeOperation(operation, params)}: the server at ${http.baseUrl} cannot do this (${operation}): its configuration ` +
          `does not say ${capability}. docs/api.md says which server can.`,
        { operation },
      );
    },
  };
}

function advertises(capabilities: Capabilities, capability: Flag): boolean {
  // The contract has no flag for imports: they go with exports.
  if (capability === "importEnabled") {
    return (capabilities.importEnabled ?? capabilities.exportEnabled) === true;
  }
  return capabilities[capability] === true;
}

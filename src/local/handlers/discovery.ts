import { json } from "../refusal.ts";
import type { Handlers, ServerState } from "./state.ts";

export function configHandlers({ dialect }: ServerState): Handlers {
  return { GET: () => json(200, { capabilities: capabilities(dialect === "serve") }) };
}

export function meHandlers(state: ServerState): Handlers {
  return { GET: () => json(200, principal(state)) };
}

function capabilities(all: boolean): Record<string, boolean> {
  return {
    linux_capabilities_enabled: all,
    snapshots_enabled: all,
    clone_enabled: all,
    export_enabled: all,
    import_enabled: all,
  };
}

function principal({ dialect, organization, tokenExpiresAt }: ServerState): Record<string, unknown> {
  if (dialect === "serve") {
    return { sub: "local-anonymous", principal_type: "service_account", scopes: [], prefix: null };
  }
  return {
    sub: "local-key",
    principal_type: "service_account",
    path_prefix: organization,
    scopes: ["boxes:read", "boxes:write"],
    expires_at: tokenExpiresAt?.toISOString() ?? null,
  };
}

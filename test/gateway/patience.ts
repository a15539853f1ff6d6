import { vi } from "vitest";

// The tests that import this wait for events, never for a time: only what hangs is to be ended.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

declare module "*/scripts/chromium.mjs" {
  export function findChromium(): Promise<string | undefined>;
}

declare module "*/scripts/engines.mjs" {
  export function findFirefox(): string | undefined;
  export function findMiniBrowser(): string | undefined;
}

declare module "*/demo/load.mjs" {
  export function createLoader(): Promise<{
    load(path: "/demo/server.ts"): Promise<typeof import("../../demo/server.ts")>;
    close(): Promise<void>;
  }>;
}

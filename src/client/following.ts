/** All that follows executions: one module, so that it is loaded as one. */
export { startExecution } from "./exec.ts";
export { followExecution } from "./execution.ts";
export { attachMain } from "./main-session.ts";
export { run } from "./run.ts";

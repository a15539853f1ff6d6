import { isAllowedSignal, isSize, signalRefused } from "./control.ts";
import type { Dialect } from "./dialect.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** What a box is created with, as far as it is kept. The rest of what the servers take is checked and dropped. */
export interface BoxRequest {
  readonly name: string | undefined;
  readonly image: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly env: Readonly<Record<string, string>>;
  readonly autoStop: number;
  readonly autoDelete: number;
  readonly autoResume: boolean;
}

export interface ExecRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string | undefined;
  readonly tty: boolean;
  /** 0 for unbounded. */
  readonly timeoutSeconds: number;
  readonly stdin: string | undefined;
}

type Body = Readonly<Record<string, unknown>>;

/** Every field that serve knows; it refuses others. */
const SERVE_BOX_FIELDS: ReadonlySet<string> = new Set([
  "name",
  "image",
  "rootfs_path",
  "cpus",
  "memory_mib",
  "disk_size_gb",
  "working_dir",
  "env",
  "entrypoint",
  "cmd",
  "user",
  "tty",
  "advanced",
  "network",
  "secrets",
  "auto_stop",
  "auto_delete",
  "auto_resume",
  "detach",
]);

const DEFAULT_IMAGE = "alpine:latest";

/** @throws Refusal */
export function parseBoxRequest(value: unknown, dialect: Dialect): BoxRequest {
  const bad = (why: string) => refuse.badField(dialect, true, why);
  const body = toBody(value, bad);
  if (dialect === "serve") {
    const unknown = Object.keys(body).find((field) => !SERVE_BOX_FIELDS.has(field));
    if (unknown !== undefined) throw bad(`unknown field \`${unknown}\``);
  }
  const read = fieldReader(body, bad);
  for (const field of ["working_dir", "user", "rootfs_path"]) read.string(field);
  for (const field of ["entrypoint", "cmd"]) read.strings(field);
  for (const field of ["tty", "detach"]) read.boolean(field);
  read.number("disk_size_gb");
  const image = read.string("image") ?? read.string("rootfs_path") ?? DEFAULT_IMAGE;
  if (image === "") throw refuse.invalidBox(dialect, "image must not be empty");
  const name = read.string("name");
  if (name === "") throw refuse.invalidBox(dialect, "name must not be empty");
  const cpus = read.number("cpus") ?? 1;
  if (cpus < 1) throw refuse.invalidBox(dialect, "cpus must be at least 1");
  const memoryMib = read.number("memory_mib") ?? 512;
  if (dialect === "runner" && memoryMib < 256) {
    throw refuse.invalidBox(dialect, "memory_mib must be at least 256");
  }
  return {
    name,
    image,
    cpus,
    memoryMib: dialect === "runner" ? Math.ceil(memoryMib / 1024) * 1024 : memoryMib,
    env: read.stringMap("env") ?? {},
    autoStop: read.number("auto_stop") ?? 900,
    autoDelete: read.number("auto_delete") ?? 0,
    autoResume: read.boolean("auto_resume") ?? true,
  };
}

/** @throws Refusal */
export function parseExecRequest(value: unknown, dialect: Dialect): ExecRequest {
  const bad = (why: string) => refuse.badField(dialect, false, why);
  const body = toBody(value, bad);
  const read = fieldReader(body, bad);
  const command = read.string("command");
  if (command === undefined) throw bad("missing field `command`");
  const timeoutSeconds = read.number("timeout_seconds") ?? 0;
  if (dialect === "serve" && !(timeoutSeconds >= 0 && Number.isFinite(timeoutSeconds))) {
    throw refuse.invalidArgument(dialect, "timeout_seconds must be a finite number that is not negative");
  }
  return {
    command,
    args: read.strings("args") ?? [],
    env: read.stringMap("env") ?? {},
    workingDir: read.string("working_dir"),
    tty: read.boolean("tty") ?? false,
    timeoutSeconds: Math.max(0, timeoutSeconds),
    stdin: dialect === "serve" ? read.string("stdin") : undefined,
  };
}

/** @throws Refusal */
export function parseSignalRequest(value: unknown, dialect: Dialect): number {
  const bad = (why: string) => refuse.badField(dialect, false, why);
  const signal = fieldReader(toBody(value, bad), bad).number("signal");
  if (signal === undefined) throw bad("missing field `signal`");
  if (!isAllowedSignal(signal)) throw refuse.invalidArgument(dialect, signalRefused(signal));
  return signal;
}

/** @throws Refusal */
export function parseResizeRequest(value: unknown, dialect: Dialect): { cols: number; rows: number } {
  const bad = (why: string) => refuse.badField(dialect, false, why);
  const read = fieldReader(toBody(value, bad), bad);
  const cols = read.number("cols");
  const rows = read.number("rows");
  if (!isSize(cols) || !isSize(rows)) throw bad("cols and rows must be integers from 0 to 65535");
  if (cols === 0 || rows === 0) throw refuse.invalidArgument(dialect, "cols and rows must be positive");
  return { cols, rows };
}

/** What serve takes to name a snapshot or a clone; undefined without a name. @throws Refusal */
export function parseNameRequest(value: unknown): string | undefined {
  const bad = (why: string) => refuse.badField("serve", false, why);
  const name = fieldReader(toBody(value, bad), bad).string("name");
  if (name !== undefined) requireName(name);
  return name;
}

const NAME_LIMIT = 128;

/** @throws Refusal */
export function requireName(name: string): void {
  if (name === "" || name.length > NAME_LIMIT) {
    throw refuse.invalidArgument("serve", `name must have 1 to ${NAME_LIMIT} characters`);
  }
}

function toBody(value: unknown, bad: (why: string) => Refusal): Body {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad("expected an object");
  return { ...value };
}

/** Reads optional fields; null is the same as absent, any other type is refused. */
function fieldReader(body: Body, bad: (why: string) => Refusal) {
  function read<T>(field: string, expected: string, is: (value: unknown) => value is T): T | undefined {
    const value = body[field];
    if (value === undefined || value === null) return undefined;
    if (!is(value)) throw bad(`${field}: invalid type, expected ${expected}`);
    return value;
  }
  return {
    string: (field: string) => read(field, "a string", isString),
    number: (field: string) => read(field, "a number", (value) => typeof value === "number"),
    boolean: (field: string) => read(field, "a boolean", (value) => typeof value === "boolean"),
    strings: (field: string) =>
      read(
        field,
        "an array of strings",
        (value): value is string[] => Array.isArray(value) && value.every(isString),
      ),
    stringMap: (field: string) =>
      read(
        field,
        "an object of strings",
        (value): value is Record<string, string> =>
          typeof value === "object" &&
          value !== null &&
          !Array.isArray(value) &&
          Object.values(value).every(isString),
      ),
  };
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

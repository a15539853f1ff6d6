import { InvalidRequestError } from "../errors/index.ts";
import { toWire } from "../wire/fields.ts";

/** A new box. What is left out is the server's choice, and is not sent: some servers refuse fields they do not know. */
export interface CreateBoxOptions {
  /** OCI image reference, e.g. `alpine:latest`. Default: the server's, which is that one. */
  readonly image?: string | undefined;
  /** A root file system on the server, instead of an image (`boxlite serve`). */
  readonly rootfsPath?: string | undefined;
  /** Unique in the account: 1 to 128 letters, digits, `.`, `_` and `-`, the first a letter or digit. */
  readonly name?: string | undefined;
  /** 1 to 32. */
  readonly cpus?: number | undefined;
  /** From 128 on `boxlite serve` and 256 on the cloud, which rounds up to whole GiB. */
  readonly memoryMib?: number | undefined;
  /** It grows as it is needed. */
  readonly diskSizeGb?: number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The cloud ignores it, as it does `entrypoint`, `cmd` and `detach`. */
  readonly workingDir?: string | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly cmd?: readonly string[] | undefined;
  /** `name|uid[:group|gid]`. */
  readonly user?: string | undefined;
  /** Whether the main process gets a terminal (`boxlite serve`; not in the contract). Default false. */
  readonly tty?: boolean | undefined;
  /** Whether the box outlives the server's process (`boxlite serve`). */
  readonly detach?: boolean | undefined;
  /** Seconds without activity until the server stops the box; 0: never. Default of the servers: 900. */
  readonly autoStop?: number | undefined;
  /** Seconds without activity until it is paused; 0: never. In the contract; today's servers know `autoStop` instead. */
  readonly autoPause?: number | undefined;
  /** Seconds after a stop until the server deletes the box; 0, the default: never. */
  readonly autoDelete?: number | undefined;
  /** Whether it starts again when it is used after such a stop. Default true. */
  readonly autoResume?: boolean | undefined;
  readonly network?: NetworkOptions | undefined;
  /** Values that stay outside: requests of the box have them put in for a placeholder. Newer servers. */
  readonly secrets?: readonly Secret[] | undefined;
  /** What is mounted into the box. Newer servers. */
  readonly volumes?: readonly Mount[] | undefined;
  /** How strictly the VM is shut in. In the contract; today's servers decide it themselves, and refuse the field. */
  readonly security?: "development" | "standard" | "maximum" | (string & {}) | undefined;
  readonly advanced?: AdvancedOptions | undefined;
}

export interface NetworkOptions {
  /** `disabled` takes the network away from the box. */
  readonly mode: "enabled" | "disabled";
  /** Host names (also with a wildcard), addresses and CIDRs that may be reached; the cloud takes 10. Empty or left out: all. */
  readonly allowNet?: readonly string[] | undefined;
}

/** A value for requests that leave the box. It is in no error of this library. */
export interface Secret {
  readonly name: string;
  /** Never enters the box. */
  readonly value: string;
  /** Where it may be sent. Empty or left out: anywhere. */
  readonly hosts?: readonly string[] | undefined;
  /** What the box has in its place. Default: `<BOXLITE_SECRET:{name}>`. */
  readonly placeholder?: string | undefined;
}

/** A directory of the server, or a volume, in the box. */
export interface Mount {
  /** Where it is in the box. */
  readonly guestPath: string;
  /** A directory of the server (`boxlite serve`). */
  readonly hostPath?: string | undefined;
  /** A volume's id (newer servers). */
  readonly volumeId?: string | undefined;
  /** Default false. */
  readonly readOnly?: boolean | undefined;
}

export interface AdvancedOptions {
  /** Linux capabilities, e.g. `SYS_ADMIN` or `ALL`, with or without `CAP_`. */
  readonly capabilities?:
    | { readonly add?: readonly string[] | undefined; readonly drop?: readonly string[] | undefined }
    | undefined;
}

/** The request's body. @throws InvalidRequestError */
export function toBoxRequest(options: CreateBoxOptions): unknown {
  const { image, rootfsPath, network, secrets, volumes } = options;
  if (image !== undefined && (typeof image !== "string" || image.trim() === "")) {
    throw invalid('the image is empty. Name one, e.g. boxes.create({ image: "alpine:latest" }).');
  }
  if (image !== undefined && rootfsPath !== undefined) {
    throw invalid("image and rootfsPath exclude each other.");
  }
  // Field by field: what else an object of the caller's may have is not for the server.
  return toWire({
    image,
    rootfsPath,
    name: options.name,
    cpus: options.cpus,
    memoryMib: options.memoryMib,
    diskSizeGb: options.diskSizeGb,
    env: options.env,
    workingDir: options.workingDir,
    entrypoint: options.entrypoint,
    cmd: options.cmd,
    user: options.user,
    tty: options.tty,
    detach: options.detach,
    autoStop: options.autoStop,
    autoPause: options.autoPause,
    autoDelete: options.autoDelete,
    autoResume: options.autoResume,
    network: network && toWire({ mode: network.mode, allowNet: network.allowNet }),
    secrets: secrets?.map(({ name, value, hosts, placeholder }) => ({ name, value, hosts, placeholder })),
    volumes: volumes?.map(({ hostPath, volumeId, guestPath, readOnly }) =>
      toWire({ hostPath, volumeId, guestPath, readOnly }),
    ),
    security: options.security,
    advanced: options.advanced,
  });
}

function invalid(what: string): InvalidRequestError {
  return new InvalidRequestError("invalid_argument", `Create box: ${what}`, { operation: "boxes.create" });
}

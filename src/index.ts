export type { FollowOptions, LivenessOptions } from "./attach/attachment.ts";
export { type Cause, describeCause, type ExecutionEvent, type Obstacle } from "./attach/events.ts";
export type { Delivered, ExecutionExit } from "./attach/exit.ts";
export type { OutputName, TerminalSize } from "./attach/frames.ts";
export type { AmbiguityPolicy, Verdict } from "./attach/replay/verdict.ts";
export type { SocketEvent, WebSocketFactory, WebSocketInit, WebSocketLike } from "./attach/sockets/socket.ts";
export type { HoldStdin, StdinWhileDisconnected } from "./attach/streams/input-stream.ts";
export type { OverflowPolicy } from "./attach/streams/output-stream.ts";
export type { Disconnect } from "./attach/transport.ts";
export type { AttachOptions, Box, CloneOptions, InboundMode, RemoveOptions } from "./client/box.ts";
export type {
  AdvancedOptions,
  CreateBoxOptions,
  Mount,
  NetworkOptions,
  Secret,
} from "./client/box-request.ts";
export type { Boxes, ImportOptions, ListBoxesOptions, StopOptions } from "./client/boxes.ts";
export { BoxLite, type BoxLiteOptions } from "./client/boxlite.ts";
export type { CallOptions } from "./client/call-options.ts";
export type { ExecutionControl } from "./client/control.ts";
export type { ExecOptions } from "./client/exec.ts";
export type { Execution } from "./client/execution.ts";
export type { StdinSource } from "./client/feed.ts";
export type { Images } from "./client/images.ts";
export type { ExecutionOutput, ExecutionText } from "./client/output.ts";
export type { List, ListOptions, Page } from "./client/pages.ts";
export type { RunOptions } from "./client/run.ts";
export type { SignalName } from "./client/signals.ts";
export type { Snapshots } from "./client/snapshots.ts";
export type { CreateVolumeOptions, RemoveVolumeOptions, Volumes } from "./client/volumes.ts";
export * from "./errors/index.ts";
export type { BoxFiles, WriteFileOptions } from "./files/box-files.ts";
export type { Download } from "./files/download.ts";
export type { DirectoryHandleLike, FileHandleLike } from "./files/handles.ts";
export type { Progress, TransferOptions } from "./files/progress.ts";
export type { UploadEntry, UploadSource } from "./files/source.ts";
export type { DownloadEntry } from "./files/unpack.ts";
export type { Token } from "./rest/authorization.ts";
export type { OperationName } from "./rest/operations.ts";
export type { RetryAttempt, RetryOptions } from "./rest/retry.ts";
export type { BoxInfo, BoxStatus } from "./wire/box.ts";
export type { Capabilities, ServerConfig, ServerDefaults } from "./wire/config.ts";
export type { ExecutionStatus } from "./wire/execution.ts";
export type { Image } from "./wire/image.ts";
export type { BootTiming, BoxMetrics, RuntimeMetrics } from "./wire/metrics.ts";
export type { Principal } from "./wire/principal.ts";
export type { Snapshot } from "./wire/snapshot.ts";
export type { Volume } from "./wire/volume.ts";

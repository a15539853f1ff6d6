/** One operation of the REST API. */
export interface OperationSpec {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Behind `/v1/{prefix}` (the root ones behind `/v1`); a segment with a colon stands for an id or name. */
  readonly path: string;
  /** For messages, with the same placeholders. */
  readonly says: string;
  /** Milliseconds for all of it, retries included. Default 30,000. A transfer has none: it may only not stand still. */
  readonly timeout?: number;
  /** The contract gives it an `Idempotency-Key`. No server looks at it today: it makes nothing safe to repeat. */
  readonly keyed?: true;
  /** It is about the account, and never behind the tenant's prefix. */
  readonly root?: true;
  /** Not every server has it, so that a 404 may mean that this one does not. */
  readonly partial?: true;
}

/** A VM's own time is in these: the cloud waits up to 30 s for one to start. */
const LIFECYCLE = 60_000;
/** An archive or an image of any size is made or fetched before the answer. */
const LONG = 600_000;
/** serve itself gives up a kill after 10 s. */
const KILL = 15_000;

/**
 * Every operation that the client knows, by the name that errors carry as `operation` and that a gateway's rules use.
 * The sockets of attach are not among them.
 */
export const operations = {
  me: { method: "GET", path: "me", says: "Ask who the token belongs to", root: true },
  config: { method: "GET", path: "config", says: "Ask for the server's configuration", root: true },
  metrics: { method: "GET", path: "metrics", says: "Ask for the server's metrics", partial: true },
  "boxes.list": { method: "GET", path: "boxes", says: "List boxes" },
  "boxes.create": { method: "POST", path: "boxes", says: "Create box", timeout: LIFECYCLE, keyed: true },
  "boxes.import": { method: "POST", path: "boxes/import", says: "Import box", partial: true },
  "box.get": { method: "GET", path: "boxes/:box", says: "Get box :box" },
  "box.exists": { method: "HEAD", path: "boxes/:box", says: "Look for box :box" },
  "box.remove": { method: "DELETE", path: "boxes/:box", says: "Remove box :box", keyed: true },
  "box.start": {
    method: "POST",
    path: "boxes/:box/start",
    says: "Start box :box",
    timeout: LIFECYCLE,
    keyed: true,
  },
  "box.stop": {
    method: "POST",
    path: "boxes/:box/stop",
    says: "Stop box :box",
    timeout: LIFECYCLE,
    keyed: true,
  },
  "box.clone": {
    method: "POST",
    path: "boxes/:box/clone",
    says: "Clone box :box",
    timeout: LONG,
    partial: true,
  },
  "box.export": { method: "POST", path: "boxes/:box/export", says: "Export box :box", partial: true },
  "box.metrics": { method: "GET", path: "boxes/:box/metrics", says: "Ask for the metrics of box :box" },
  "box.network": {
    method: "PUT",
    path: "boxes/:box/network/inbound",
    says: "Set who may reach box :box",
    partial: true,
  },
  "box.tunnel": {
    method: "POST",
    path: "boxes/:box/network/tunnel",
    says: "Open a tunnel to box :box",
    partial: true,
  },
  "box.attach": { method: "POST", path: "boxes/:box/attach", says: "Ask for a ticket" },
  "execution.start": {
    method: "POST",
    path: "boxes/:box/exec",
    says: "Run :command in box :box",
    timeout: LIFECYCLE,
    keyed: true,
  },
  "execution.status": {
    method: "GET",
    path: "boxes/:box/executions/:execution",
    says: "Ask for the status of execution :execution",
  },
  "execution.kill": {
    method: "DELETE",
    path: "boxes/:box/executions/:execution",
    says: "Kill execution :execution",
    timeout: KILL,
  },
  "execution.signal": {
    method: "POST",
    path: "boxes/:box/executions/:execution/signal",
    says: "Send a signal to execution :execution",
    keyed: true,
  },
  "execution.resize": {
    method: "POST",
    path: "boxes/:box/executions/:execution/resize",
    says: "Resize the terminal of execution :execution",
  },
  "execution.attach": {
    method: "POST",
    path: "boxes/:box/executions/:execution/attach",
    says: "Ask for a ticket",
  },
  "files.read": { method: "GET", path: "boxes/:box/files", says: "Download from box :box" },
  "files.write": { method: "PUT", path: "boxes/:box/files", says: "Upload to box :box" },
  "snapshots.list": {
    method: "GET",
    path: "boxes/:box/snapshots",
    says: "List the snapshots of box :box",
    partial: true,
  },
  "snapshots.create": {
    method: "POST",
    path: "boxes/:box/snapshots",
    says: "Take a snapshot of box :box",
    timeout: LONG,
    partial: true,
  },
  "snapshots.get": {
    method: "GET",
    path: "boxes/:box/snapshots/:snapshot",
    says: "Get snapshot :snapshot of box :box",
    partial: true,
  },
  "snapshots.remove": {
    method: "DELETE",
    path: "boxes/:box/snapshots/:snapshot",
    says: "Remove snapshot :snapshot of box :box",
    partial: true,
  },
  "snapshots.restore": {
    method: "POST",
    path: "boxes/:box/snapshots/:snapshot/restore",
    says: "Restore snapshot :snapshot of box :box",
    timeout: LONG,
    partial: true,
  },
  "images.list": { method: "GET", path: "images", says: "List images", partial: true },
  "images.pull": {
    method: "POST",
    path: "images/pull",
    says: "Pull image",
    timeout: LONG,
    keyed: true,
    partial: true,
  },
  "images.get": { method: "GET", path: "images/:image", says: "Get image :image", partial: true },
  "images.exists": { method: "HEAD", path: "images/:image", says: "Look for image :image", partial: true },
  "volumes.list": { method: "GET", path: "volumes", says: "List volumes", partial: true },
  "volumes.create": { method: "POST", path: "volumes", says: "Create volume", partial: true },
  "volumes.get": { method: "GET", path: "volumes/:volume", says: "Get volume :volume", partial: true },
  "volumes.remove": {
    method: "DELETE",
    path: "volumes/:volume",
    says: "Remove volume :volume",
    partial: true,
  },
} as const satisfies Readonly<Record<string, OperationSpec>>;

/** The name of an operation, as errors and a gateway's rules have it. */
export type OperationName = keyof typeof operations;

/** The segments of an operation's path, with what stands for ids and names put in. */
export function segmentsOf(name: OperationName, params: Readonly<Record<string, string>>): string[] {
  return operations[name].path
    .split("/")
    .map((segment) => (segment.startsWith(":") ? (params[segment.slice(1)] ?? "") : segment));
}

/** What an operation is called in messages. */
export function describeOperation(name: OperationName, params: Readonly<Record<string, string>>): string {
  return operations[name].says.replace(/:(\w+)/g, (placeholder, key: string) => params[key] ?? placeholder);
}

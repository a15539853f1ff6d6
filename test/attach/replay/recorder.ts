import {
  createPositioner,
  type Positioner,
  type PositionerSink,
} from "../../../src/attach/replay/positioner.ts";
import type { AmbiguityPolicy } from "../../../src/attach/replay/verdict.ts";

/** What servers keep in these tests. A replay goes on for 4,096 bytes less at least. */
export const CAPACITY = 8_192;

/** What a positioner delivered, and what it said on the way. */
export function recorder() {
  const chunks: Uint8Array[] = [];
  const said: string[] = [];
  const sink: PositionerSink = {
    fresh: (bytes) => chunks.push(bytes),
    verdict: (verdict, position) => said.push(`${Object.values(verdict).join(" ")} at ${position}`),
  };
  return { sink, said, chunks, text: () => Buffer.concat(chunks).toString("latin1") };
}

export const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

/** Output as it comes live: in chunks. */
export function live(positioner: Positioner, text: string, sink: PositionerSink): void {
  for (let at = 0; at < text.length; at += 1_024) positioner.push(bytes(text.slice(at, at + 1_024)), sink);
}

/** Lines that differ from each other. */
export function counted(length: number): string {
  let text = "";
  for (let line = 0; text.length < length; line += 1) text += `line ${line}\n`;
  return text.slice(0, length);
}

/** One stream over its connections, with what came of it. */
export function follow(policy: AmbiguityPolicy = "repeat", capacity = CAPACITY) {
  const { sink, said, chunks, text } = recorder();
  const positioner = createPositioner({ policy, capacity });
  const stream = {
    said,
    text,
    /** What was delivered, frame by frame. */
    chunks,
    positioner,
    attach(purpose: "follow" | "drain" = "follow") {
      positioner.attached(purpose === "drain", sink);
      return stream;
    },
    /** One frame. */
    frame(content: string) {
      positioner.push(bytes(content), sink);
      return stream;
    },
    /** As many frames as it takes when none is larger than a chunk. */
    chunked(content: string) {
      live(positioner, content, sink);
      return stream;
    },
    /** So much of what follows was dropped on the way. */
    missed(count: number) {
      positioner.missed(count, sink);
      return stream;
    },
    settle() {
      positioner.settle(sink);
      return stream;
    },
    abandon() {
      positioner.abandon(sink);
      return stream;
    },
    end() {
      positioner.end(sink);
      return stream;
    },
  };
  return stream;
}

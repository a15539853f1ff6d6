import type { ExecutionEvent } from "../attach/events.ts";
import type { OutputName } from "../attach/frames.ts";
import { createPump, type Pump, type PumpDependencies } from "../attach/pump.ts";
import type { Conclusion, Failure } from "../attach/reducer/state.ts";
import type { Standpoint } from "../attach/replay/positioner.ts";
import { type Audience, createAudience, type Facts } from "./audience.ts";
import type { Channel } from "./platform.ts";
import { type Call, compareTerms, type End, type SharedFailure, type Term } from "./protocol.ts";
import type { Track } from "./track.ts";

/** Milliseconds that a leader which finds the execution gone waits to hear that another tab has killed it. */
const KILL_NEWS = 500;

export interface LeaderSettings {
  readonly term: Term;
  readonly dependencies: PumpDependencies;
  readonly tracks: Readonly<Record<OutputName, Track>>;
  readonly facts: () => Facts;
  /** Opens a follower's inbox. */
  readonly open: (member: string) => Channel;
  /** From now on earlier leaders are not heard any more. */
  readonly forked: () => void;
  /** What the pump reports, verdicts excepted, as all tabs get it. */
  readonly report: (event: ExecutionEvent) => void;
  readonly finish: (conclusion: Conclusion, ends: Pick<End, OutputName>) => void;
  readonly fail: (failure: Failure) => void;
}

/** A tab that has the lock: it runs the pump, and sends the others what that brings. */
export interface Leader {
  readonly pump: Pump;
  /** Whether it has gone its own way: it is connected, or others follow it. Until then an earlier leader may still be heard. */
  readonly forked: boolean;
  /** What other tabs want of it. */
  called(call: Call): void;
  /** Lets go of the connection. What the pump still says is not heard: whoever leads next brings it again. */
  stop(): void;
}

export function createLeader(settings: LeaderSettings): Leader {
  const { term, dependencies, tracks, facts, fail } = settings;
  const { clock } = dependencies;
  let audience: Audience | null = null;
  let stopped = false;
  let killNews: () => void = () => {};

  function fork(): Audience {
    if (audience !== null) return audience;
    settings.forked();
    const { stdout, stderr } = tracks;
    const marks = { stdout: stdout.log.marks, stderr: stderr.log.marks };
    audience = createAudience(term, { stdout: stdout.log, stderr: stderr.log }, marks, settings.open);
    return audience;
  }

  function from(stream: OutputName): Standpoint {
    fork();
    return tracks[stream].standpoint();
  }

  const probe: PumpDependencies["probe"] = async (signal) => {
    const report = await dependencies.probe(signal);
    if (report.kind === "gone" && audience?.any && !facts().killed) await killHeard(signal);
    return report;
  };

  /** The 404 may be another tab's doing, and be here before the news of it. */
  function killHeard(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(KILL_NEWS, resolve);
      killNews = () => {
        cancel();
        resolve();
      };
      signal.addEventListener("abort", killNews, { once: true });
    });
  }

  function report(event: ExecutionEvent): void {
    if (event.type === "verdict") {
      tracks[event.stream].judge(event.position, event.verdict);
      audience?.flush();
      return;
    }
    // Attaches are counted over all leaders.
    const told = event.type === "connected" ? { ...event, attach: facts().attaches + 1 } : event;
    settings.report(told);
    audience?.event(told);
  }

  const pump = createPump(
    { ...dependencies, size: facts().size, probe, from },
    {
      emit(stream, bytes) {
        if (stopped) return;
        tracks[stream].append(bytes);
        audience?.flush();
      },
      report(event) {
        if (!stopped) report(event);
      },
      finish(conclusion) {
        if (stopped) return;
        const end = (stream: OutputName) => ({
          end: tracks[stream].log.end,
          proved: pump.delivered(stream).proved,
        });
        const ends = { stdout: end("stdout"), stderr: end("stderr") };
        fork().end({ conclusion, ...ends });
        settings.finish(conclusion, ends);
      },
      fail(failure) {
        if (stopped) return;
        const shared = shareable(failure);
        if (shared !== null) fork().failed(shared);
        fail(failure);
      },
    },
  );
  if (facts().stdinClosed) pump.eof();
  if (facts().killed) pump.killed();

  function grant({ from: member, request, overOutages }: Extract<Call, { type: "want" }>): void {
    const answer = (open: boolean, refused: string | null) => {
      if (!stopped) audience?.ready(member, request, open, refused);
    };
    pump.ready(overOutages).then(
      (open) => answer(open, null),
      (error: unknown) => answer(false, error instanceof Error ? error.message : String(error)),
    );
  }

  return {
    pump,
    get forked() {
      return audience !== null;
    },
    called(call) {
      switch (call.type) {
        case "join":
          fork().join(call, facts());
          break;
        case "leave":
          audience?.leave(call.from);
          break;
        case "ack":
          audience?.ack(call.from, call.session, call.bytes);
          break;
        case "want":
          grant(call);
          break;
        case "input":
          if (compareTerms(call.term, term) === 0) pump.send(call.bytes);
          break;
        case "eof":
          pump.eof();
          break;
        case "resize":
          pump.resize(call.size);
          break;
        case "killed":
          pump.killed();
          killNews();
          break;
        case "lead":
          break;
      }
    },
    stop() {
      stopped = true;
      killNews();
      audience?.close();
      pump.detach();
    },
  };
}

/** What ends an execution for one tab only is not shared; nor is what cannot be copied. */
function shareable(failure: Failure): SharedFailure | null {
  switch (failure.kind) {
    case "aborted":
    case "detached":
      return null;
    case "denied":
      return { kind: "denied", message: failure.message };
    default:
      return failure;
  }
}

import { createDispatch } from "../attach/dispatch.ts";
import type { ExecutionEvent } from "../attach/events.ts";
import type { OutputName } from "../attach/frames.ts";
import type { Pump, PumpDependencies, PumpOutputs } from "../attach/pump.ts";
import type { Conclusion, Failure } from "../attach/reducer/state.ts";
import { BoxLiteError } from "../errors/index.ts";
import type { Facts } from "./audience.ts";
import { createLeader, type Leader } from "./leader.ts";
import { type Action, type Event, type State, step } from "./membership.ts";
import type { Channel, Platform } from "./platform.ts";
import {
  type Call,
  inboxOf,
  parseCall,
  parseReply,
  type Reply,
  type Term,
  type Welcome,
} from "./protocol.ts";
import { createRequests, type Request } from "./requests.ts";
import { createSubscription } from "./subscription.ts";
import { createTrack, type Track } from "./track.ts";

/** Milliseconds without a word from the leader after which it is asked; up to half as much again, so that not all tabs ask at once. */
const QUIET = 10_000;
/** Milliseconds that it may take to answer. It does so in an event, not on a timer: a page in the background is as quick as any. */
const ANSWER = 5_000;

const STREAMS: readonly OutputName[] = ["stdout", "stderr"];

/**
 * A pump that shares one connection with the other tabs of its origin. One of them leads, by the lock `name`: it runs the pump proper,
 * and sends the others what it brings. When it is gone, another one leads, and its pump goes on from where that tab is.
 */
export function createSharedPump(
  dependencies: PumpDependencies,
  outputs: PumpOutputs,
  platform: Platform,
  name: string,
): Pump {
  const { clock } = dependencies;
  const me = platform.id();
  const tracks = { stdout: trackOf("stdout"), stderr: trackOf("stderr") };
  const subscription = createSubscription(me, tracks);
  const requests = createRequests(want);
  const proved = { stdout: false, stderr: false };
  let state: State = { name: "idle", seen: 0 };
  /** Bytes of stdin, of whichever tab, that may not have arrived. */
  let doubtful = 0;
  let over = false;
  let calls: Channel | null = null;
  let inbox: Channel | null = null;
  let releaseLock: (() => void) | null = null;
  let stopTimer: (() => void) | null = null;
  let stopWatching: () => void = () => {};
  let leader: Leader | null = null;
  let role: "leader" | "follower" | null = null;
  let facts: Facts = {
    attaches: 0,
    connection: null,
    size: dependencies.size,
    stdinClosed: false,
    killed: false,
  };

  function trackOf(stream: OutputName): Track {
    return createTrack(
      {
        fresh: (bytes) => outputs.emit(stream, bytes),
        verdict: (verdict, position) => outputs.report({ type: "verdict", stream, verdict, position }),
      },
      dependencies.backlogBytes,
    );
  }

  const dispatch = createDispatch<Event>((event) => {
    const transition = step(state, event, me);
    state = transition.state;
    for (const action of transition.actions) perform(action);
  });

  function perform(action: Action): void {
    switch (action.type) {
      case "queue":
        openChannels();
        requestLock("queue");
        break;
      case "steal":
        requestLock("steal");
        break;
      case "release":
        releaseLock?.();
        releaseLock = null;
        break;
      case "join":
        call(subscription.join());
        break;
      case "leave":
        call({ type: "leave", from: me });
        closeChannels();
        break;
      case "announce":
        call({ type: "lead", term: action.term });
        break;
      case "lead":
        lead(action.term);
        break;
      case "stepDown":
        leader?.stop();
        leader = null;
        break;
      case "follow":
        play("follower");
        break;
      case "startTimer":
        stopTimer?.();
        stopTimer = clock.after(action.timer === "quiet" ? QUIET * (1 + clock.random() / 2) : ANSWER, () =>
          dispatch({ type: "timer" }),
        );
        break;
      case "stopTimer":
        stopTimer?.();
        stopTimer = null;
        break;
    }
  }

  function call(content: Call): void {
    calls?.post(content);
  }

  function openChannels(): void {
    calls ??= platform.open(name, (data) => {
      const content = parseCall(data);
      if (content !== undefined && calls !== null) called(content);
    });
    inbox ??= platform.open(inboxOf(name, me), (data) => {
      const content = parseReply(data);
      if (content !== undefined && inbox !== null) replied(content);
    });
  }

  /** For a page that is frozen, messages would pile up. */
  function closeChannels(): void {
    calls?.close();
    inbox?.close();
    calls = null;
    inbox = null;
  }

  function requestLock(how: "queue" | "steal"): void {
    releaseLock?.();
    releaseLock = platform.locks.request(name, how, {
      granted: () => dispatch({ type: "granted" }),
      lost: () => dispatch({ type: "stolen" }),
    });
  }

  function lead(term: Term): void {
    leader = createLeader({
      term,
      dependencies,
      tracks,
      facts: () => facts,
      open: (member) => platform.open(inboxOf(name, member), () => {}),
      forked: () => subscription.led(term),
      report: hear,
      finish,
      fail,
    });
    play("leader");
    // What waits for another leader goes to this one's pump.
    requests.settleAll(true);
    leader.pump.start();
  }

  function play(now: "leader" | "follower"): void {
    if (role === now) return;
    role = now;
    outputs.report({ type: "role", role });
  }

  function called(content: Call): void {
    if (over) return;
    switch (content.type) {
      case "lead":
        dispatch({ type: "announced", term: content.term });
        break;
      case "eof":
        facts = { ...facts, stdinClosed: true };
        requests.settleAll(closedElsewhere());
        break;
      case "resize":
        facts = { ...facts, size: content.size };
        break;
      case "killed":
        facts = { ...facts, killed: true };
        break;
      default:
        break;
    }
    leader?.called(content);
  }

  function replied(reply: Reply): void {
    if (over || leader?.forked) return;
    const sorted = subscription.sort(reply);
    if (sorted === "foreign") return;
    if (sorted === "lost") {
      call(subscription.join());
      return;
    }
    dispatch({ type: "heard", term: reply.term });
    take(reply, sorted === "new");
    if (!over) call({ type: "ack", from: me, ...subscription.ack(reply) });
  }

  function take(reply: Reply, isNew: boolean): void {
    switch (reply.type) {
      case "welcome":
        welcomed(reply, isNew);
        break;
      case "output":
        tracks[reply.stream].take(reply.position, reply.bytes);
        break;
      case "mark":
        tracks[reply.stream].takeMark(reply.mark);
        break;
      case "event":
        hear(reply.event);
        break;
      case "ready":
        requests.settle(
          reply.request,
          reply.refused === null ? reply.open : new BoxLiteError("refused", reply.refused),
        );
        break;
      case "end":
        // A tab that leads already, and lacks something, gets it from the server.
        if (leader !== null && STREAMS.some((stream) => tracks[stream].log.end !== reply[stream].end)) break;
        for (const stream of STREAMS) tracks[stream].end(reply[stream].end);
        finish(reply.conclusion, reply);
        break;
      case "failed":
        fail(reply.failure);
        break;
    }
  }

  function welcomed(welcome: Welcome, isNew: boolean): void {
    const { attaches, connection, size } = welcome;
    const isNews = connection !== null && JSON.stringify(connection) !== JSON.stringify(facts.connection);
    if (isNew) for (const stream of STREAMS) tracks[stream].joined(welcome[stream]);
    facts = {
      attaches,
      connection,
      size: size ?? facts.size,
      stdinClosed: welcome.stdinClosed || facts.stdinClosed,
      killed: welcome.killed || facts.killed,
    };
    if (isNew && isNews) outputs.report(connection);
    for (const request of requests.waiting) want(request);
  }

  function want({ number, overOutages }: Request): void {
    call({ type: "want", from: me, request: number, overOutages });
  }

  function hear(event: ExecutionEvent): void {
    if (event.type === "connected") facts = { ...facts, attaches: event.attach, connection: event };
    if (event.type === "disconnected" || event.type === "reconnecting")
      facts = { ...facts, connection: event };
    if (event.type === "stdin-doubtful") doubtful += event.bytes;
    outputs.report(event);
  }

  function finish(
    conclusion: Conclusion,
    ends: Readonly<Record<OutputName, { readonly proved: boolean }>>,
  ): void {
    for (const stream of STREAMS) proved[stream] = ends[stream].proved && tracks[stream].whole;
    const complete = conclusion.complete && STREAMS.every((stream) => tracks[stream].whole);
    release();
    outputs.finish({ ...conclusion, complete });
  }

  function fail(failure: Failure): void {
    if (over) return;
    release();
    outputs.fail(failure);
  }

  /** Nothing is left running. */
  function release(): void {
    over = true;
    dispatch({ type: "end" });
    stopWatching();
    requests.settleAll(new Error("The execution is over."));
  }

  async function ready(overOutages: boolean): Promise<boolean> {
    for (;;) {
      if (over) throw new Error("The execution is over.");
      const leading = leader;
      let open = true;
      try {
        if (leading !== null) open = await leading.pump.ready(overOutages);
        else if (facts.stdinClosed) throw closedElsewhere();
        else open = await requests.add(overOutages);
      } catch (error) {
        // A pump that was let go of refuses, too: then there is another way.
        if (over || leader === leading) throw error;
      }
      if (!over && leader === leading) return open;
    }
  }

  return {
    start() {
      stopWatching = platform.watch({
        away: () => dispatch({ type: "away" }),
        back: () => dispatch({ type: "back" }),
      });
      dispatch({ type: "start" });
      if (dependencies.size !== null) call({ type: "resize", size: dependencies.size });
    },
    delivered: (stream) => ({ bytes: tracks[stream].delivered, proved: proved[stream] }),
    ready,
    doubtful: () => doubtful,
    send(bytes) {
      if (leader !== null) leader.pump.send(bytes);
      // A copy of these bytes only: of a view, the channel would copy all that it is a view of.
      else if (state.name === "following")
        call({ type: "input", term: state.term, bytes: new Uint8Array(bytes) });
    },
    eof() {
      facts = { ...facts, stdinClosed: true };
      call({ type: "eof" });
      leader?.pump.eof();
    },
    resize(size) {
      facts = { ...facts, size };
      call({ type: "resize", size });
      leader?.pump.resize(size);
    },
    killed() {
      facts = { ...facts, killed: true };
      call({ type: "killed" });
      leader?.pump.killed();
    },
    abort: (reason) => fail({ kind: "aborted", reason }),
    detach: () => fail({ kind: "detached" }),
  };
}

function closedElsewhere(): BoxLiteError {
  return new BoxLiteError("stdin_closed", "stdin was closed by another tab that shares this execution.");
}

import type { Cause } from "../events.ts";
import { after, report, reportDisconnect, reportStatus, startGrace, startSilence, stay } from "./actions.ts";
import { exited, hear, hearAll } from "./frames.ts";
import { deadlineOf } from "./outage.ts";
import { gone } from "./outcome.ts";
import { again, cut, drain, FOLLOW, sessionAfter, sessionWithoutExit } from "./reconnect.ts";
import type { Action, Event, In, Moment, Open, ReducerOptions, Session, State, Transition } from "./state.ts";

/** Checks in a row without any sign of life before a connection is given up although nothing says that it is dead. */
const MAX_SIGNLESS_CHECKS = 3;

/** What a probe without an answer makes of what was known: two in a row, and none ever answered, is "no". */
const AFTER_A_MISS = { unknown: "doubted", doubted: "no", yes: "yes", no: "no" } as const;

/**
 * The connection is in doubt: asks over the socket, and for the status.
 *
 * @param patience Milliseconds that the answer over the socket may take.
 */
export function check(
  state: In<"attached" | "checking">,
  options: ReducerOptions,
  patience = options.answerTimeout,
): Transition {
  const { session, link } = state;
  const inBand = canAsk(state, options);
  if (!inBand && !options.statusProbe) return stay(state);
  const actions: Action[] = [report({ type: "checking" })];
  if (inBand) {
    actions.push(link.pings ? { type: "sendPing" } : { type: "sendLivenessProbe" }, {
      type: "startTimer",
      timer: "answer",
      delay: patience,
    });
  }
  if (options.statusProbe) actions.push({ type: "probe" });
  const next: In<"checking"> = {
    ...{ name: "checking", session, link },
    inBand: inBand ? "pending" : "off",
    status: options.statusProbe ? "pending" : "unknown",
    hurried: patience < options.answerTimeout,
  };
  return { state: next, actions };
}

/** Whether something can be sent over the socket that is answered. A ping is no activity, which an in-band probe may not be. */
export function canAsk({ session, link }: Open, options: ReducerOptions): boolean {
  return link.pings || (options.inBandProbe && session.answersProbes !== "no");
}

export function checking(state: In<"checking">, event: Event, options: ReducerOptions): Transition {
  switch (event.type) {
    case "status": {
      const { report: answer } = event;
      if (answer.kind === "terminal" || answer.kind === "gone") {
        return {
          state: { name: "concluding", session: state.session, link: state.link, conclusion: answer },
          actions: [{ type: "stopTimers" }, reportStatus(answer), startGrace(options)],
        };
      }
      const next: typeof state = { ...state, status: answer.kind === "running" ? "running" : "unknown" };
      if (next.inBand === "pending") return stay(next, [reportStatus(answer)]);
      return after([reportStatus(answer)], checked(next, event, options));
    }
    case "timer":
      if (event.timer !== "answer" || state.inBand !== "pending") return stay(state);
      return halfOpen(state, event, options);
    case "closed":
      return cut(state, event, event.cause);
    case "exit":
      return exited(state, event.exitCode, event.now, options);
    case "start":
    case "opened":
      return stay(state);
    default: {
      const heard = hear(state, event);
      const answered: typeof state = { ...heard.state, inBand: "answered" };
      if (answered.status === "pending") return stay(answered, heard.actions);
      return after(heard.actions, alive(answered, options));
    }
  }
}

/** Both questions of a check are settled, and the socket is not known to be dead. */
function checked(state: In<"checking">, at: Moment, options: ReducerOptions): Transition {
  if (state.inBand === "answered" || state.status === "running") return alive(state, options);
  const session: Session = { ...state.session, signless: state.session.signless + 1 };
  if (session.signless >= MAX_SIGNLESS_CHECKS) return halfOpen(state, at, options);
  return endCheck(session, state.link, null, options);
}

function alive(state: In<"checking">, options: ReducerOptions): Transition {
  return endCheck({ ...state.session, signless: 0 }, state.link, true, options);
}

function endCheck(
  session: Session,
  link: In<"checking">["link"],
  isAlive: boolean | null,
  options: ReducerOptions,
): Transition {
  const state: State = { name: "attached", session, purpose: FOLLOW, link };
  const actions: Action[] = [{ type: "stopTimers" }, report({ type: "checked", alive: isAlive })];
  return stay(state, [...actions, ...startSilence(options)]);
}

/** Nothing was answered over the socket: it is dead, or else the server does not answer in-band probes. */
function halfOpen(state: In<"checking">, at: Moment, options: ReducerOptions): Transition {
  const { session, inBand, link, hurried } = state;
  const missed = inBand === "pending" && !link.pings && !hurried;
  const answersProbes = missed ? AFTER_A_MISS[session.answersProbes] : session.answersProbes;
  const cause: Cause = { kind: "silent", after: at.quiet };
  const next = replace({ ...state, session: { ...session, answersProbes } }, cause, at, options);
  return after([{ type: "stopTimers" }, report({ type: "checked", alive: false })], next);
}

/** Gives a connection up that did not end by itself. */
export function replace(
  state: In<"attached" | "checking">,
  cause: Cause,
  at: Moment,
  options: ReducerOptions,
): Transition {
  // The check that finds it dead counts, and once.
  const session: Session = { ...sessionAfter(state, at, cause), signless: state.session.signless + 1 };
  const given: Action[] = [{ type: "discard" }, reportDisconnect(cause, deadlineOf(session))];
  return after(given, again(state, session, FOLLOW, at, options));
}

/** The status says that it is over: the exit frame comes now, or it was lost. */
export function concluding(state: In<"concluding">, event: Event, options: ReducerOptions): Transition {
  const expired = event.type === "timer" && event.timer === "grace";
  if (event.type !== "closed" && !expired) return hearAll(state, event, options);
  const { conclusion } = state;
  // The status says that no process is left that could be orphaned.
  const ended: Action = event.type === "closed" ? reportDisconnect(event.cause, null) : { type: "discard" };
  if (conclusion.kind === "gone") return after([ended], gone(state, conclusion.message));
  const session = sessionWithoutExit(state, event);
  return after([{ type: "stopTimers" }, ended], drain(session, conclusion, options));
}

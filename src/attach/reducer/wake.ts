import { after, report, stay } from "./actions.ts";
import { canAsk, check, replace } from "./liveness.ts";
import { outageAfterWake } from "./outage.ts";
import { attach } from "./reconnect.ts";
import type { Action, Event, In, ReducerOptions, State, Transition } from "./state.ts";

type Wake = Extract<Event, { type: "wake" }>;

/** By then the runner has given up a connection whose pings were not answered, and few middleboxes still know it. */
const DEEP_SLEEP = 45_000;

/** How long a connection that was slept over has to answer: to replace one that was sound after all costs next to nothing. */
const PATIENCE_AFTER_SLEEP = 400;

/** How long one has that is only worth a look. */
const PATIENCE = 3_000;

/**
 * The machine woke up, the network came back, or the page is looked at again: what would be done later is done now. A wake-up
 * never says by itself that a connection is dead.
 */
export function woken(state: State, event: Wake, options: ReducerOptions): Transition {
  const { slept } = event;
  const said: Action[] = slept > 0 ? [report({ type: "woke", slept })] : [];
  switch (state.name) {
    case "waiting": {
      const next = attach(outageOver(state, event, options).session, state.purpose, options);
      return after([...said, { type: "stopTimers" }], next);
    }
    case "connecting": {
      const next = outageOver(state, event, options);
      // A handshake that was slept over is not waited for; one that began since, or goes on all the time, is.
      const sleptOver = slept >= options.openTimeout && event.quiet >= slept;
      return sleptOver ? after(said, attach(next.session, state.purpose, options)) : stay(next, said);
    }
    case "probing":
      return stay(outageOver(state, event, options), slept > 0 ? [...said, { type: "probe" }] : []);
    case "attached":
      if (state.purpose.kind !== "follow") return stay(state, said);
      return after(said, doubt(state, event, options));
    case "checking":
      return slept > 0 ? after(said, doubt(state, event, options)) : stay(state);
    case "concluding":
      return stay(state, said);
    default:
      return stay(state);
  }
}

function outageOver<S extends In<"waiting" | "connecting" | "probing">>(
  state: S,
  event: Wake,
  options: ReducerOptions,
): S {
  const outage = outageAfterWake(state.session.outage, event.slept, event, options);
  return { ...state, session: { ...state.session, outage } };
}

/** An open connection is looked after at once. */
function doubt(state: In<"attached" | "checking">, event: Wake, options: ReducerOptions): Transition {
  const { slept, now, quiet } = event;
  // It was opened after the sleep. Half of it, for it is counted from the beat before.
  if (now - state.link.since < slept / 2) return stay(state);
  const deep = slept >= DEEP_SLEEP;
  const checked = options.silence !== null;
  if (deep && !(checked && canAsk(state, options))) {
    return after([{ type: "stopTimers" }], replace(state, { kind: "slept", after: quiet }, event, options));
  }
  if (!checked) return stay(state);
  return check(state, options, Math.min(options.answerTimeout, deep ? PATIENCE_AFTER_SLEEP : PATIENCE));
}

import { reduce } from "../../src/attach/reducer/reduce.ts";
import type { Event, ReducerOptions, Session, State } from "../../src/attach/reducer/state.ts";
import { EVENTS, NOW, OPTIONS, SESSION, STATES } from "./reducer-cases.ts";

/** A step of the reducer without its details: `attached`, `connecting to drain`, …; `next` is "–" where the state stays. */
export interface Step {
  readonly from: string;
  readonly on: string;
  readonly next: string;
}

/** What the guards of the reducer ask about a session. */
const SESSIONS: readonly Partial<Session>[] = [
  {},
  { killed: true },
  { signless: 2 },
  { signless: 7 },
  { answersProbes: "no" },
  { outage: { ...SESSION.outage, attempts: 0, backoffs: 0, cause: null } },
  { outage: { ...SESSION.outage, attempts: 9, spent: OPTIONS.reconnectBudget, cause: null } },
  { outage: { ...SESSION.outage, cause: { kind: "refused", status: 401, message: "" } } },
];

const SETTINGS: readonly Partial<ReducerOptions>[] = [
  {},
  { verify: true },
  { inBandProbe: false },
  { statusProbe: false },
];

const MORE_EVENTS: readonly Event[] = [
  {
    type: "closed",
    cause: { kind: "refused", status: 401, message: "" },
    behind: false,
    now: NOW,
    random: 0.5,
    quiet: 500,
  },
];

/** Every step that the reducer takes from any state, whatever its guards find. What does nothing at all is left out. */
export function reachableSteps(): Step[] {
  const steps = new Map<string, Step>();
  for (const state of Object.values<State>(STATES)) {
    for (const variant of variantsOf(state)) {
      for (const event of [...Object.values<Event>(EVENTS), ...MORE_EVENTS]) {
        for (const settings of SETTINGS) {
          const transition = reduce(variant, event, { ...OPTIONS, ...settings });
          if (transition.state === variant && transition.actions.length === 0) continue;
          const from = labelOf(variant);
          const next = labelOf(transition.state);
          // A state may lead back to itself: then it is left and entered again.
          const attaches = transition.actions.some(({ type }) => type === "attach");
          const step = { from, on: eventLabelOf(event), next: next === from && !attaches ? "–" : next };
          steps.set(formatStep(step), step);
        }
      }
    }
  }
  return [...steps.values()];
}

export function formatStep({ from, on, next }: Step): string {
  return `${from} | ${on} | ${next}`;
}

function variantsOf(state: State): State[] {
  const sessions = SESSIONS.map((session): State => ({ ...state, session: { ...SESSION, ...session } }));
  return sessions.flatMap((variant) => {
    const variants: State[] = [variant];
    if ("link" in variant) variants.push({ ...variant, link: { ...variant.link, progress: true } });
    if (variant.name === "attached" && variant.purpose.kind !== "follow") {
      variants.push({ ...variant, purpose: { ...variant.purpose, fruitless: 2 } });
    }
    return variants;
  });
}

function labelOf(state: State): string {
  return "purpose" in state ? `${state.name} to ${state.purpose.kind}` : state.name;
}

function eventLabelOf(event: Event): string {
  if (event.type === "timer") return `timer ${event.timer}`;
  return event.type === "status" ? `status ${event.report.kind}` : event.type;
}

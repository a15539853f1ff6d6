import { type Refusal, refusal } from "./refusal.ts";
import type { Operation, Route } from "./routes.ts";

/** Who asks may do this. */
export interface Allowed {
  readonly allow: true;
  /**
   * The ids of the boxes that may be used; the list of boxes shows no other. What concerns no one box (creating and importing
   * boxes, images, volumes, metrics of the whole server) is then allowed only where `operations` names it. Default: every box.
   */
  readonly boxes?: readonly string[] | undefined;
  /** What may be done. Default: everything. `me` and `config`, which the client needs to find its way, always may. */
  readonly operations?: readonly Operation[] | undefined;
}

/** Who asks may not. */
export interface Denied {
  readonly allow: false;
  /** 401 (default): nobody is signed in. 403: this user may not. */
  readonly status?: 401 | 403 | undefined;
  /** Told to the page. */
  readonly message?: string | undefined;
}

export type Decision = Allowed | Denied;

/**
 * Decides who may do what, from the request as the page sent it: its cookies, its `Authorization`. It has no body. It is asked
 * for every request and every upgrade, except for an upgrade with a ticket, for which it was asked when that was given out.
 */
export type Authorize = (request: Request) => Decision | Promise<Decision>;

const UNDECIDED =
  "This gateway lets nobody in: it was made without authorize. " +
  "Give createGateway({ authorize: (request) => ({ allow: true }) }), with the rules of your application.";

/** Asks the application. What is not plainly an allowance is none, and neither is an error. */
export async function askFor(authorize: Authorize | undefined, request: Request): Promise<Allowed | Refusal> {
  if (authorize === undefined) return refusal(403, UNDECIDED);
  let decision: Decision;
  try {
    decision = await authorize(request);
  } catch (error) {
    // The page is told nothing of it; whoever runs the gateway has to know.
    console.error("boxlite-web gateway: authorize() failed:", error);
    return refusal(
      500,
      "The gateway could not decide whether this is allowed: its authorize function failed.",
    );
  }
  if (decision?.allow === true) return decision;
  const { status = 401, message } = decision ?? {};
  return refusal(
    status,
    message ?? "The gateway does not allow this. Sign in, or ask whoever runs the application.",
  );
}

const ALWAYS: ReadonlySet<Operation> = new Set(["me", "config"]);

/** Why a decision does not cover a route, or undefined where it does. */
export function uncovered({ boxes, operations }: Allowed, { operation, box }: Route): Refusal | undefined {
  if (ALWAYS.has(operation)) return undefined;
  if (operations !== undefined && !operations.includes(operation)) {
    return refusal(403, `The gateway does not allow ${operation} here.`);
  }
  if (boxes === undefined) return undefined;
  if (box !== null)
    return boxes.includes(box) ? undefined : refusal(403, "The gateway does not allow this box here.");
  if (operation === "boxes.list" || operations !== undefined) return undefined;
  return refusal(403, `The gateway allows certain boxes only here, and ${operation} concerns others.`);
}
